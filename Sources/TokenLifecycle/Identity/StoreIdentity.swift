internal import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// The Ed25519 key with which a store speaks for itself: audit checkpoints and anchors, signed exports.
///
/// It signs no token and is in no key set. Whoever checks a statement knows the key by its thumbprint (RFC 7638), learnt
/// beforehand and kept outside the store: what the file itself says about its key proves nothing to someone who
/// suspects the file.
package struct StoreIdentity: Sendable {
    package let jwk: JWK

    package var thumbprint: String { jwk.thumbprint }

    init(_ facts: StoreFacts) throws(Failure) {
        guard let json = try? JSON(parsing: Array(facts.identity.utf8)), let jwk = try? JWK(parsing: json),
            jwk.supportedAlgorithms.contains(.edDSA)
        else {
            throw Failure(.untrusted, "the public half of the store's identity does not read", hint: "restore a backup")
        }
        self.jwk = jwk
    }
}

/// What a signed statement is about: its `typ`, so that one kind never passes for another (RFC 8725 §3.11).
package enum StatementKind: String, CaseIterable, Sendable {
    /// How long the audit chain was and how it ended: kept outside, it shows what was cut off or rewritten.
    case auditCheckpoint = "tokenctl-audit-checkpoint+jws"
    /// Where the audit chain begins since older events were removed.
    case auditAnchor = "tokenctl-audit-anchor+jws"
    /// Which content a denylist export has.
    case denylist = "tokenctl-denylist+jws"
}

extension StoreReading {
    package func identity() throws -> StoreIdentity { try StoreIdentity(facts) }

    /// A statement of this store as a compact JWS (RFC 7515 §3.1): `store`, `epoch` and `at`, the members given, and the
    /// public half of the key that signs it, which a reader compares with the thumbprint that it trusts.
    ///
    /// Needs the master key: fails with `.notPermitted` without it, `.untrusted` where the sealed identity does not open or is
    /// not the other half of the public one.
    package func sign(_ members: [JSON.Member], as kind: StatementKind) throws -> String {
        let key = try identityKey()
        let payload = JSON.object(
            [
                .init("store", .string(facts.storeID)), .init("epoch", .integer(facts.epoch)),
                .init("at", .string(now.rfc3339)),
            ] + members + [.init("jwk", key.identity.jwk.json())])
        let header = JSON.object([
            .init("typ", .string(kind.rawValue)), .init("kid", .string(key.identity.thumbprint)),
        ])
        return try JWSSigner(algorithm: .edDSA, privateJWK: key.privateHalf)
            .sign(protectedHeader: header, payload: payload.serialized)
    }

    /// Both halves of the identity, held against each other.
    func identityKey() throws -> (identity: StoreIdentity, privateHalf: PrivateJWK) {
        let identity = try identity()
        guard let sealed: String = try sql.row("SELECT identity_sealed FROM store WHERE id = 1")?.get(0) else {
            throw Failure(.untrusted, "the store has no identity")
        }
        let privateHalf = try keyring.masterKey(id: facts.masterKeyID)
            .open(sealed, context: .identity(facts.storeID))
        guard privateHalf.publicJWK?.thumbprint == identity.thumbprint else {
            throw Failure(
                .untrusted, "the store's identity was altered: its halves do not belong together",
                hint: "restore a backup")
        }
        return (identity, privateHalf)
    }
}

/// A statement that was checked: who made it, and what it says.
package struct SignedStatement: Sendable {
    /// Why a text is not a statement of the store whose key is trusted.
    package enum Refusal: String, Error, Sendable {
        case malformed = "it is not a signed statement"
        case otherKind = "it is a statement about something else"
        case untrustedKey = "it was signed by a key that is not the trusted one"
        case badSignature = "its signature does not verify"
    }

    package let store: String
    package let epoch: Int64
    package let at: Instant
    package let payload: JSON

    /// Reads a statement of one kind, signed by the key of this thumbprint. One newline at the end is the editor's.
    package init(_ text: [UInt8], as kind: StatementKind, trusting thumbprint: String) throws(Refusal) {
        guard let jws = try? CompactJWS(parsing: text.trimmingNewline) else { throw .malformed }
        guard jws.typ == kind.rawValue else { throw .otherKind }
        guard let payload = try? JSON(parsing: jws.payload), let key = payload["jwk"], let jwk = try? JWK(parsing: key)
        else { throw .malformed }
        guard jwk.thumbprint == thumbprint else { throw .untrustedKey }
        guard let verifier = try? JWSVerifier(algorithm: .edDSA, jwk: jwk), verifier.verify(jws) else {
            throw .badSignature
        }
        guard let store = payload["store"]?.stringValue, let epoch = payload["epoch"]?.integerValue,
            let at = payload["at"]?.stringValue.flatMap({ try? Instant(rfc3339: $0) })
        else { throw .malformed }
        self.store = store
        self.epoch = epoch
        self.at = at
        self.payload = payload
    }
}
