package import TokenJOSE

/// What the checks of an access token ask: one snapshot of a store, or what a `Verifier` holds of it in memory.
package protocol TokenKnowledge {
    /// Store time: the later of the system clock and the last write.
    var now: Instant { get }
    /// How far clocks may differ: for `iat` and `nbf`, not for `exp`.
    var clockSkew: Duration { get throws }
    /// `iss` that tokens of our own keys must have.
    var issuer: String { get throws }
    /// One of the values of `aud` that they must have.
    var audience: String { get throws }
    /// Whether anyone reads the details of the checks.
    var explains: Bool { get }

    /// A key in whatever state; the checks judge that.
    func knownKey(kid: String) throws -> KnownKey?
    /// The key that answers for tokens that name none.
    func knownKeyWithoutKid() throws -> KnownKey?
    func verifier(for key: KnownKey) throws -> JWSVerifier
    /// The act that revoked a key, where there is a record of it.
    func cause(ofRevoking key: SigningKey) throws -> Cause?
    /// What denies a token of this scope and value that was issued at `issuedAt` (seconds), if anything does.
    func denial(_ scope: DenyScope, _ value: String, issuedAt: Int64?, at: Instant) throws -> Denial?
    func aliveCheck(_ name: String, session id: String, at: Instant) throws -> Check
}

/// A key as the checks share it: by reference, because a token is checked in less time than copying it takes.
package final class KnownKey: Sendable {
    package let key: SigningKey
    /// Ready to use; none where it is yet to be made, or cannot be.
    let verifier: JWSVerifier?

    init(_ key: SigningKey, verifier: JWSVerifier? = nil) {
        self.key = key
        self.verifier = verifier
    }

    /// Whether it only verifies what an application signed before it came here.
    var isForeign: Bool { key.accepted != nil }
}

/// What matched a token: a deny rule or a floor.
package struct Denial: Sendable {
    /// The act behind it, where it is on record.
    package var cause: Cause?
    /// For a person, where there is no cause to tell.
    package var explanation = ""
}

extension StoreReading {
    package var clockSkew: Duration { get throws { try policies.clockSkew } }
    package var issuer: String { get throws { try policies.issuer } }
    package var audience: String { get throws { try policies.audience } }
    package var explains: Bool { true }

    package func knownKey(kid: String) throws -> KnownKey? { try key(kid: kid).map { KnownKey($0) } }

    package func knownKeyWithoutKid() throws -> KnownKey? {
        try allKeys().first { $0.answersWithoutKid && $0.removedAt == nil && $0.revokedAt == nil }.map { KnownKey($0) }
    }

    package func verifier(for key: KnownKey) throws -> JWSVerifier {
        try keyring.verifier(for: key.key, of: facts)
    }

    package func cause(ofRevoking key: SigningKey) throws -> Cause? {
        try key.revokedAt.flatMap { try cause("key \(key.kid)", at: $0) }
    }

    package func denial(_ scope: DenyScope, _ value: String, issuedAt: Int64?, at: Instant) throws -> Denial? {
        if let rule = try denyRule(scope, value), rule.createdAt <= at, rule.matches(issuedAt: issuedAt) {
            return Denial(cause: try cause(of: rule))
        }
        // Rules are forgotten, floors never. A token without `iat` counts as older than any.
        if let floor = try floor(scope, value), floor <= at, (issuedAt ?? .min) <= floor.seconds {
            if let cause = try cause(scope == .everyone ? "everyone" : "client \(value)", at: floor) {
                return Denial(cause: cause)
            }
            return Denial(explanation: "what was issued until \(floor.rfc3339) was logged out")
        }
        return nil
    }

    package func aliveCheck(_ name: String, session id: String, at: Instant) throws -> Check {
        guard let row = ids.row(of: id, .session), let session = try session(row: row) else {
            return .no(name, .sessionUnknown, "no session \(id)")
        }
        return try aliveCheck(name, session, at: at)
    }
}
