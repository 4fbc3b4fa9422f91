internal import TokenStorage

/// A client as `client show` tells it.
package struct ClientDetail: Sendable {
    package var client: Client
    package var liveSessions: Int
    /// Users with a live session there.
    package var liveUsers: Int
    package var lastSeenAt: Instant?
    /// The act behind its floor.
    package var logout: AuditEvent?
    package var rule: DenyRule?
}

extension StoreReading {
    package func clientDetail(named id: String) throws -> ClientDetail {
        let client = try client(named: id)
        let row = try sql.row(
            """
            SELECT count(*), count(DISTINCT s.user_id), max(s.last_seen_at) FROM session s
            WHERE s.client_id = \(client.row) AND s.alive_until > \(now) AND s.valid_from > \(client.floor)
              AND s.valid_from > \(facts.floor)
            """)
        return ClientDetail(
            client: client, liveSessions: try row?.get(0) ?? 0, liveUsers: try row?.get(1) ?? 0,
            lastSeenAt: try row?.get(2),
            logout: client.floor.milliseconds > 0 ? try auditEvent(at: client.floor) : nil,
            rule: try denyRule(.client, id))
    }
}
