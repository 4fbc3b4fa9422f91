package import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// A key that signs access tokens or once did: one kid, one algorithm, for ever.
package struct SigningKey: Sendable {
    package enum Origin: String, CaseIterable, Sendable {
        case generated, imported
    }

    /// Why a key was revoked.
    package enum RevocationCause: String, CaseIterable, Sendable {
        case compromised, superseded, test
    }

    /// Keys are numbered in order of creation.
    package let row: Int64
    package var kid: String
    package var algorithm: SignatureAlgorithm
    package var origin: Origin
    /// The public half, a JWK as text; none for HS256.
    package var publicJWK: String?
    /// The private half, sealed under the master key; none once destroyed.
    var sealed: String?
    package var accepted: AcceptedTokens?
    /// Answers for tokens that name no key.
    package var answersWithoutKid: Bool
    package var createdAt: Instant
    /// When verifiers could first fetch it.
    package var publishedAt: Instant?
    /// When no verifier that honours `jwks.max_age` can hold a key set without it any more. Recorded when it is published, by
    /// the policies then in force.
    package var knownAt: Instant?
    /// The latest `exp` of the tokens it signed, or until when it was imported.
    package var latestExpiry: Instant?
    /// When the private half was overwritten in the file; a copy may still lie in the write-ahead log.
    package var overwrittenAt: Instant?
    /// When no copy of it was left in the log either.
    package var destroyedAt: Instant?
    package var removedAt: Instant?
    package var revokedAt: Instant?
    package var revocationCause: RevocationCause?

    package var hasPrivateHalf: Bool { sealed != nil }

    /// Whether it could ever sign here: an imported key that only verifies never does.
    var isOurs: Bool { accepted == nil }

    static let columns: SQL = """
        k.id, k.kid, k.alg, k.origin, k.public_jwk, k.sealed, k.accept, k.without_kid, k.created_at, k.published_at, \
        k.known_at, k.latest_exp, k.destroyed_at, k.removed_at, k.revoked_at, k.revoke_cause, \
        k.overwritten_at
        """

    init(_ row: Row) throws {
        self.row = try row.get(0)
        kid = try row.get(1)
        guard let algorithm = SignatureAlgorithm(rawValue: try row.get(2)),
            let origin = Origin(rawValue: try row.get(3))
        else { throw Failure(.untrusted, "key \(kid) has an algorithm or origin that this program does not know") }
        self.algorithm = algorithm
        self.origin = origin
        publicJWK = try row.get(4)
        sealed = try row.get(5)
        accepted = try (row.get(6, as: String?.self)).map(AcceptedTokens.init(text:))
        answersWithoutKid = try row.get(7, as: Int64.self) != 0
        createdAt = try row.get(8)
        publishedAt = try row.get(9)
        knownAt = try row.get(10)
        latestExpiry = try row.get(11)
        destroyedAt = try row.get(12)
        removedAt = try row.get(13)
        revokedAt = try row.get(14)
        revocationCause = try row.get(15, as: String?.self).flatMap(RevocationCause.init)
        overwrittenAt = try row.get(16)
    }

    /// What is said of a private half that is overwritten and still in the log; `whose` is "its" or "the … of key K".
    static func notDestroyedYet(_ whose: String) -> String {
        "\(whose) private half is overwritten, but a copy stays in the write-ahead log while somebody reads the database"
    }

    func jwk() throws -> JWK {
        guard let text = publicJWK, let jwk = try? JWK(parsing: JSON(parsing: Array(text.utf8))) else {
            throw Failure(.untrusted, "the public half of key \(kid) does not read", target: kid)
        }
        return jwk
    }

    func sealContext(_ storeID: String) -> SealContext {
        SealContext(storeID: storeID, kid: kid, algorithm: algorithm.rawValue)
    }
}

/// What an imported key accepts of tokens that were not made here.
package struct AcceptedTokens: Sendable, Equatable {
    /// `typ` that a token must have; any, where nil.
    package var type: String?
    package var issuer: String?
    package var audience: String?
    /// Stands in for a missing `client_id`.
    package var client: String?

    package init(type: String? = nil, issuer: String? = nil, audience: String? = nil, client: String? = nil) {
        self.type = type
        self.issuer = issuer
        self.audience = audience
        self.client = client
    }

    init(text: String) throws {
        guard let json = try? JSON(parsing: Array(text.utf8)) else {
            throw Failure(.untrusted, "what an imported key accepts does not read")
        }
        type = json["typ"]?.stringValue
        issuer = json["iss"]?.stringValue
        audience = json["aud"]?.stringValue
        client = json["client"]?.stringValue
    }

    var text: String {
        let members = [("typ", type), ("iss", issuer), ("aud", audience), ("client", client)]
        return JSON.object(members.compactMap { name, value in value.map { .init(name, .string($0)) } }).text
    }
}
