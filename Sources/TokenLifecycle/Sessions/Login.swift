package import TokenJOSE
internal import TokenCrypto
internal import TokenStorage

/// A login as an application asks for it.
package struct Login: Sendable {
    package var user: String
    /// The policy's default client where nil.
    package var client: String?
    package var ip: IPAddress?
    package var userAgent: String?
    package var device: String?
    /// Attributes: roles, preferences. A JSON object of at most 4 KiB.
    package var data: JSON?
    /// Also begin a refresh family and issue the first access token.
    package var withTokens = false
    package var scope: [String] = []

    package init(user: String, client: String? = nil) {
        self.user = user
        self.client = client
    }

    func check() throws(Failure) {
        try Names.check(user, "the user")
        if let client { try Names.check(client, "the client") }
        if let device { try Names.check(device, "the device", longest: 128) }
        if let userAgent { try Names.checkFree(userAgent, "the user agent", longest: 1024) }
        if let data {
            guard case .object = data else { throw Failure(.malformed, "the attributes are not a JSON object") }
            guard data.serialized.count <= 4096 else {
                throw Failure(.malformed, "the attributes are \(data.serialized.count) bytes; at most 4096 are stored")
            }
        }
        try Scope.check(scope)
    }
}

/// What a login gives: the session, and each secret this once.
package struct LoggedIn: Sendable {
    package var session: Session
    package var sessionToken: String
    package var access: AccessToken?
    package var refreshToken: String?
    /// Sessions ended to stay within `session.limit`.
    package var ended: [Session.ID]
}

extension Store {
    /// Starts a session, and with tokens its refresh family and first access token, in one transaction.
    package func logIn(_ login: Login, as actor: Actor) throws -> LoggedIn {
        try login.check()
        let sessionSecret = try Entropy.secret(OpaqueToken.secretLength)
        let refreshSecret = try Entropy.secret(OpaqueToken.secretLength)
        return try writeIssuing(as: actor) { store in
            try store.logIn(login, sessionSecret, refreshSecret)
        }
    }
}

extension StoreWriter {
    func logIn(
        _ login: Login, _ sessionSecret: borrowing SecretBytes, _ refreshSecret: borrowing SecretBytes
    ) throws -> LoggedIn {
        try requireTrustedClock()
        let user = try userRow(login.user)
        let client = try clientRow(login.client ?? policies.defaultClient)
        let ended = try makeRoom(forUser: user)
        let idle = try login.withTokens ? policies.refreshIdle : policies.sessionIdle
        let absolute = try now + (login.withTokens ? policies.refreshTTL : policies.sessionAbsolute)
        let row: Int64 = try insert(
            """
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                                 absolute_expires_at, alive_until, secret_hash, ip, user_agent, device, data)
            VALUES (\(user), \(client), \(now), \(now), \(now), \(now), \(idle.milliseconds), \(absolute),
                    \(min(now + idle, absolute)), \(SHA256.hash(sessionSecret)), \(login.ip), \(login.userAgent),
                    \(login.device), \(login.data?.text))
            RETURNING id
            """
        ).get(0)
        guard var session = try session(row: row) else { throw Failure.disagreement("the new session is not there") }
        var access: AccessToken?
        var refresh: String?
        if login.withTokens {
            refresh = try insertFamily(for: session, scope: login.scope, refreshSecret)
            access = try issueAccessToken(for: session, scope: login.scope)
            session.accessUntil = access?.expiry
        }
        let token = OpaqueToken.session(ids.permuted(row, .session), secret: sessionSecret)
        return LoggedIn(session: session, sessionToken: token, access: access, refreshToken: refresh, ended: ended)
    }

    /// `session.limit`: refuses, or ends the user's oldest live sessions until one more fits.
    private func makeRoom(forUser user: Int64) throws -> [Session.ID] {
        guard let limit = try policies.sessionLimit else { return [] }
        let live = try sql.rows(
            "SELECT " + Session.columns + " FROM " + Session.tables
                + " WHERE " + .isOfUser(user) + " AND s.alive_until > \(now) ORDER BY s.id"
        ).map { try Session($0, self) }.filter { $0.isAlive(at: now) }
        let tooMany = live.count - limit + 1
        guard tooMany > 0 else { return [] }
        guard try !policies.sessionLimitRefuses else {
            throw Failure(
                .refused, "\(live[0].user) has \(live.count.counted("live session")), and session.limit is \(limit)",
                hint: "end one of them first", target: live[0].user)
        }
        let oldest = Array(live.prefix(tooMany))
        let seq = try audit(
            "session.limit", target: live[0].user, counts: ["sessions": Int64(oldest.count)])
        for session in oldest { try end(session, .limit, audit: seq, reason: nil) }
        return oldest.map(\.id)
    }
}
