internal import TokenJOSE

/// How an exported denylist is written. In each, the last line holds the signature, and every byte before it is signed.
package enum SnapshotFormat: String, CaseIterable, Sendable {
    /// A JSON object a line: the head, the rules, the signature.
    case ndjson
    /// One JSON object, a rule a line.
    case json
    /// RFC 4180; head, rules and signature as rows of `name:value`.
    case csv
    /// A jti a line, head and signature as comments: rules of token scope alone.
    case txt
}

/// What an exported denylist says about itself: docs/integration.md is the contract. Times are seconds since 1970, as in a JWT.
package struct SnapshotHead: Sendable, Equatable {
    package static let schema = "tokenctl/v1/denylist.snapshot"

    /// The store, and how often it was restored: versions compare within both.
    package var store: String
    package var epoch: Int64
    /// Rises whenever what is denied changes.
    package var version: Int64
    package var generatedAt: Int64
    /// From then on a verifier that has nothing newer refuses every token.
    package var expiresAt: Int64
    /// The public half of the store's identity, Ed25519 (RFC 8037 §2): trusted only by its thumbprint, learnt elsewhere.
    package var identity: String

    /// Name and value, in the order they are written.
    var members: [(name: String, value: JSON)] {
        [
            ("store", .string(store)), ("epoch", .integer(epoch)), ("version", .integer(version)),
            ("generated_at", .integer(generatedAt)), ("expires_at", .integer(expiresAt)),
            ("identity", .string(identity)),
        ]
    }

    init(
        store: String, epoch: Int64, version: Int64, generatedAt: Int64, expiresAt: Int64, identity: String
    ) {
        self.store = store
        self.epoch = epoch
        self.version = version
        self.generatedAt = generatedAt
        self.expiresAt = expiresAt
        self.identity = identity
    }

    /// Nil where a member is missing or has another type.
    init?(_ json: JSON) {
        guard let store = json["store"]?.stringValue, let epoch = json["epoch"]?.integerValue,
            let version = json["version"]?.integerValue, let generated = json["generated_at"]?.integerValue,
            let expires = json["expires_at"]?.integerValue, let identity = json["identity"]?.stringValue
        else { return nil }
        self.init(
            store: store, epoch: epoch, version: version, generatedAt: generated, expiresAt: expires, identity: identity
        )
    }

    /// The key that must have signed it.
    var jwk: JWK? {
        try? JWK(parsing: .object([.init("kty", "OKP"), .init("crv", "Ed25519"), .init("x", .string(identity))]))
    }
}

/// A rule as verifiers elsewhere take it: it denies a token of its scope and value whose `iat` is not after `issuedUntil`.
package struct SnapshotRule: Sendable, Equatable {
    package var scope: DenyScope
    package var value: String
    /// Inclusive, seconds; nil: whenever issued.
    package var issuedUntil: Int64?
    /// The latest `exp` of a token it can match, seconds, rounded up; nil: for ever.
    package var matchesUntil: Int64?

    package init(_ scope: DenyScope, _ value: String, issuedUntil: Int64?, matchesUntil: Int64?) {
        self.scope = scope
        self.value = value
        self.issuedUntil = issuedUntil
        self.matchesUntil = matchesUntil
    }
}
