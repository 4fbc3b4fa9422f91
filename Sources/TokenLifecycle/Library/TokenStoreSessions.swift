extension TokenStore {
    /// Starts a session, and with tokens its refresh family and first access token, in one transaction.
    ///
    /// Throws `.malformed` for what cannot be stored, `.refused` where `session.limit` says so.
    public func logIn(_ request: LoginRequest) async throws -> LoginResult {
        let login = try request.login()
        return try await write { store, actor in
            let made = try store.logIn(login, as: actor)
            var tokens: TokenPair?
            if let access = made.access, let refresh = made.refreshToken {
                tokens = TokenPair(
                    accessToken: access.text, accessExpiresAt: access.expiry, refreshToken: refresh,
                    sessionID: made.session.id.text)
            }
            return LoginResult(
                session: SessionInfo(made.session), sessionToken: made.sessionToken,
                cookie: made.session.cookie(made.sessionToken, at: made.session.createdAt), tokens: tokens,
                endedSessions: made.ended.map(\.text))
        }
    }

    /// Whose session a token opens, at every request that carries one.
    ///
    /// Reads; only where the idle deadline would move by a useful amount (a minute, or a tenth of a shorter timeout) it
    /// writes. With `touching: false` the request does not count as activity.
    public func checkSession(_ sessionToken: String, touching: Bool = true) async throws -> SessionAnswer {
        let token: OpaqueToken
        switch Self.opaque(sessionToken, .session) {
        case .failure(let refusal): return .inactive(refusal.reason)
        case .success(let parsed): token = parsed
        }
        let (answer, isDue) = try await read { reader in
            guard let session = try reader.session(holding: token) else {
                return (SessionAnswer.inactive(.unknown), false)
            }
            if let refusal = SessionRefusal(session.state(at: reader.now)) { return (.inactive(refusal), false) }
            return (.active(SessionInfo(session)), session.isTouchDue(at: reader.now))
        }
        guard touching, isDue else { return answer }
        return try await write { store, actor in
            try store.write(as: actor) { writer in
                guard var session = try writer.session(holding: token) else { return .inactive(.unknown) }
                if let refusal = SessionRefusal(session.state(at: writer.now)) { return .inactive(refusal) }
                if session.isTouchDue(at: writer.now) { try writer.touch(&session) }
                return .active(SessionInfo(session))
            }
        }
    }

    /// Gives the login a new id and token, to be sent to the browser in place of the old: after logging in or gaining
    /// privileges (session fixation). Nil where the token opens no live session.
    public func regenerateSession(_ sessionToken: String) async throws -> LoginResult? {
        guard case .success(let token) = Self.opaque(sessionToken, .session) else { return nil }
        return try await write { store, actor in
            try store.regenerateSession(holding: token, as: actor).map { made in
                LoginResult(
                    session: SessionInfo(made.session), sessionToken: made.sessionToken,
                    cookie: made.session.cookie(made.sessionToken, at: made.session.createdAt), tokens: nil,
                    endedSessions: [])
            }
        }
    }

    /// Ends the session of whoever holds its token: the "log out" of a user. False where it was over already.
    ///
    /// Recorded on the session; the audit record is for acts on others.
    @discardableResult
    public func logOut(sessionToken: String) async throws -> Bool {
        guard case .success(let token) = Self.opaque(sessionToken, .session) else { return false }
        return try await write { store, actor in
            try store.write(as: actor) { writer in
                guard let session = try writer.session(holding: token), session.isAlive(at: writer.now) else {
                    return false
                }
                try writer.end(session, .logout, audit: nil, reason: "logged out")
                return true
            }
        }
    }

    /// Ends every session of a user, and denies the access tokens they hold: "log me out everywhere", a changed password.
    /// Audited. A user never seen is denied all the same.
    ///
    /// The session `kept` lives on, and fetches a new access token by its next refresh. Returns how many sessions ended.
    @discardableResult
    public func logOut(user: String, keeping kept: String? = nil, reason: String) async throws -> Int {
        try await write { store, actor in
            let act = UserLogout([user], keep: kept.map { [$0] } ?? [], includesUnseen: true, reason: reason)
            return try store.write(as: actor) { writer in
                let decision = try act.decide(writer)
                _ = try act.apply(decision, writer)
                return decision.count
            }
        }
    }

    /// The live sessions of a user, oldest first: for a page where users see their devices.
    public func sessions(ofUser user: String) async throws -> [SessionInfo] {
        try await read { try $0.liveSessions(ofUser: user).map(SessionInfo.init) }
    }

    struct Unopenable: Error { var reason: SessionRefusal }

    /// A token taken apart, of the kind that is expected here.
    static func opaque(_ text: String, _ kind: OpaqueTokenKind) -> Result<OpaqueToken, Unopenable> {
        do {
            let token = try OpaqueToken(Array(text.utf8))
            return token.kind == kind ? .success(token) : .failure(Unopenable(reason: .wrongKind))
        } catch {
            return .failure(Unopenable(reason: text.hasPrefix("eyJ") ? .wrongKind : .malformed))
        }
    }
}
