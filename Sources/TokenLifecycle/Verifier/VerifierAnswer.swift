/// What a `Verifier` answers about an access token, and how old its knowledge was.
public struct VerifierAnswer: Sendable {
    /// Whether to take the token.
    public enum Verdict: Sendable {
        /// Take it.
        case active(AccessClaims)
        /// Refuse it: answer 401.
        case inactive(RefusalReason)
        /// It cannot be decided: what was last read of the store is too old, or the secret of the key is not there. Treat the
        /// token as refused and answer 503 rather than 401: asking again may help.
        case unavailable
    }

    /// As of `age` ago.
    public let verdict: Verdict
    /// The time since the store was last read: what was revoked later is not in this verdict.
    public let age: Duration

    /// The claims of a token that is active.
    public var claims: AccessClaims? {
        if case .active(let claims) = verdict { claims } else { nil }
    }
}
