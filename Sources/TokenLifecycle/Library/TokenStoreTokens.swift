internal import TokenJOSE

/// What became of a refresh token.
public enum RefreshAnswer: Sendable {
    /// Spent: these take its place.
    case refreshed(TokenPair)
    /// Log in again.
    case refused(RefreshRefusal)
}

/// Whether an access token is accepted.
public enum TokenAnswer: Sendable {
    /// It is.
    case active(AccessClaims)
    /// It is not: answer 401.
    case inactive(RefusalReason)
}

/// What an accepted access token says (RFC 9068 §2.2).
public struct AccessClaims: Sendable {
    /// `sub`: the user.
    public let subject: String
    private let claims: JWTClaims

    /// Nil where the token names no subject.
    init?(_ claims: JWTClaims?) {
        guard let claims, let subject = claims.sub else { return nil }
        self.subject = subject
        self.claims = claims
    }

    /// `client_id`.
    public var client: String? { claims.clientID }
    /// `sid`: the session it is tied to.
    public var session: String? { claims.sid }
    /// `jti`.
    public var tokenID: String? { claims.jti }
    /// `scope`, a word each; empty where the token names none.
    public var scope: [String] { claims.scope.map { $0.split(separator: " ").map(String.init) } ?? [] }
    /// `iat`, to the second.
    public var issuedAt: Instant? { claims.iat.map(Instant.init(seconds:)) }
    /// `exp`, to the second.
    public var expiresAt: Instant? { claims.exp.map(Instant.init(seconds:)) }
    /// All of them, a JSON object as text.
    public var json: String { claims.json.text }
}

extension TokenStore {
    /// Spends a refresh token: a new pair, or why not.
    ///
    /// Single use: a token spent before ends its login for both who hold it. Only within `refresh.grace` of being spent,
    /// and while its successor is unused, the same successor comes again: a lost response or two tabs log nobody out.
    /// Pass the `client` that presents it, so that another client's token is refused. `scope` may only narrow.
    public func refresh(
        _ refreshToken: String, client: String? = nil, from address: String? = nil, scope: [String] = []
    ) async throws -> RefreshAnswer {
        var request = RefreshRequest(token: Array(refreshToken.utf8))
        request.client = client
        request.ip = try IPAddress(given: address)
        request.scope = scope
        let asked = request
        return try await write { store, actor in
            switch try store.refresh(asked, as: actor) {
            case .refused(let reason): .refused(reason)
            case .refreshed(let pair):
                .refreshed(
                    TokenPair(
                        accessToken: pair.access.text, accessExpiresAt: pair.access.expiry,
                        refreshToken: pair.refreshToken, sessionID: pair.session.id.text))
            }
        }
    }

    /// Ends the login of whoever holds one of its refresh tokens: the "log out" of an app. False where it was over already,
    /// and for a token that is none of ours. Recorded on the session; the audit record is for acts on others.
    ///
    /// Any token of the login will do, the newest or one that was spent: an app that lost an answer can still log out.
    @discardableResult
    public func logOut(refreshToken: String) async throws -> Bool {
        guard let token = try? OpaqueToken(Array(refreshToken.utf8)), token.kind == .refresh else { return false }
        return try await write { store, actor in
            try store.write(as: actor) { writer in
                guard let session = try writer.family(provenBy: token)?.session, session.isAlive(at: writer.now) else {
                    return false
                }
                try writer.end(session, .logout, audit: nil, reason: "logged out")
                return true
            }
        }
    }

    /// Checks an access token against keys, policies and the denylist; with `online` also whether its session is alive.
    ///
    /// `audience` replaces the policy `token.audience`. Throws only where it cannot decide.
    public func verify(_ accessToken: String, audience: String? = nil, online: Bool = false) async throws -> TokenAnswer
    {
        try await read { reader in
            var expectations = Expectations()
            expectations.audience = audience
            expectations.online = online
            let verification = try reader.verify(Array(accessToken.utf8), expectations)
            if case .inactive(let reason) = verification.verdict { return .inactive(reason) }
            guard let claims = AccessClaims(verification.claims) else { return .inactive(.missingClaim) }
            return .active(claims)
        }
    }

    /// The key set to serve at `/.well-known/jwks.json`: a JWKS (RFC 7517 §5), and how long verifiers may keep it.
    ///
    /// Serving is publishing: keys that are shown for the first time are recorded as published, so that a rotation can
    /// promote them once every verifier knows them.
    public func keySet() async throws -> (json: [UInt8], maxAge: Duration) {
        let (set, isNew, maxAge) = try await read { reader in
            (try reader.keySet(), try reader.hasUnpublishedKeys(), try reader.policies.keySetMaxAge)
        }
        guard isNew else { return (set.bytes, maxAge) }
        let shown = try await write { store, actor in
            try store.write(as: actor) { writer in
                let set = try writer.keySet()
                try writer.recordPublication(of: set, path: nil)
                try writer.audit("key.publish", reason: "served", counts: ["keys": Int64(set.kids.count)])
                return set
            }
        }
        return (shown.bytes, maxAge)
    }
}
