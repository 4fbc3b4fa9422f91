internal import TokenStorage

/// What of a user is still alive: sessions, refresh families, and access tokens that nothing denies.
package struct UserLife: Sendable {
    package var user: User
    package var sessions: [Session]
    /// Refresh families that can still be spent.
    package var families: Int
    /// The latest `exp` of an access token of theirs that no rule denies; nil where none can be left. An upper bound: a
    /// key that was revoked since may have signed it, or a rule may name its `jti`.
    package var tokensUntil: Instant?
    /// The rule on the user, if there is one.
    package var rule: DenyRule?

    package var isAlive: Bool { !sessions.isEmpty || tokensUntil != nil }
}

extension StoreReading {
    package func life(ofUser subject: String) throws -> UserLife {
        let user = try user(named: subject)
        let sessions = try liveSessions(ofUser: subject)
        let live = Set(sessions.map(\.id))
        let families: Int =
            try sql.row(
                "SELECT count(*) FROM refresh_family WHERE ended_at IS NULL AND session_id IN "
                    + SQL.list(live.map(\.row)))?.get(0) ?? 0
        return UserLife(
            user: user, sessions: sessions, families: families, tokensUntil: try tokensUntil(of: user),
            rule: try denyRule(.user, subject))
    }

    private func tokensUntil(of user: User) throws -> Instant? {
        guard let latest = try latestExpiryOfAnyToken(), latest > now else { return nil }
        let onAll = [try denyRule(.everyone, ""), try denyRule(.user, user.subject)].compactMap { $0 }
        var ends: [Instant] = []
        let withTokens = try sql.rows(
            "SELECT " + Session.columns + " FROM " + Session.tables
                + " WHERE " + .isOfUser(user.row) + " AND s.access_until > \(now)")
        for row in withTokens {
            let session = try Session(row, self)
            let rules =
                onAll
                + [try denyRule(.client, session.client), try denyRule(.session, session.id.text)]
                .compactMap { $0 }
            // None was issued after the session's end; while it lives, one may have been issued in this second.
            let last = session.endedAt(asOf: now) ?? now
            if !rules.contains(where: { $0.matches(issuedAt: last.seconds) }) {
                ends += [session.accessUntil].compactMap { $0 }
            }
        }
        let alone = try sql.row("SELECT token_issued_at, tokens_until FROM user WHERE id = \(user.row)")
        if let alone, let issued = try alone.get(0, as: Instant?.self), let until = try alone.get(1, as: Instant?.self),
            until > now, !onAll.contains(where: { $0.matches(issuedAt: issued.seconds) })
        {
            ends.append(until)
        }
        return ends.max().map { min($0, latest) }
    }
}
