internal import TokenStorage

/// The live sessions of one user as a preview needs them: counted, not fetched, because one user may have thousands.
struct LiveSessions {
    var count = 0
    var byClient: [(String, Int)] = []
    /// The oldest ten.
    var first: [Session] = []
}

extension StoreReading {
    package func liveSessions(ofUser subject: String) throws -> [Session] {
        let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables
        return try sql.rows(
            select + " WHERE u.subject = \(subject) AND s.alive_until > \(now) ORDER BY s.id"
        ).map { try Session($0, self) }.filter { $0.isAlive(at: now) }
    }

    func liveSessions(ofUser row: Int64, but kept: [Session]) throws -> LiveSessions {
        let condition: SQL =
            "s.user_id = \(row) AND s.alive_until > \(now) AND s.valid_from > \(facts.floor) AND s.valid_from > c.floor_at"
            + " AND s.id NOT IN " + SQL.list(kept.map(\.id.row))
        var live = LiveSessions()
        live.byClient = try sql.rows(
            "SELECT c.client_id, count(*) FROM session s JOIN client c ON c.id = s.client_id WHERE " + condition
                + " GROUP BY c.id ORDER BY c.client_id"
        ).map { (try $0.get(0), try $0.get(1)) }
        live.count = live.byClient.reduce(0) { $0 + $1.1 }
        live.first = try sql.rows(
            "SELECT " + Session.columns + " FROM " + Session.tables + " WHERE " + condition + " ORDER BY s.id LIMIT 10"
        ).map { try Session($0, self) }
        return live
    }
}

extension StoreWriter {
    /// Ends every live session of a user in one statement; the rule on the user denies their access tokens. Returns how
    /// many it ended.
    func endSessions(ofUser row: Int64, but kept: [Session]) throws -> Int {
        try execute(
            """
            UPDATE session SET ended_at = \(now), end_reason = \(EndReason.logout.rawValue), ended_by = \(actor.name),
                               alive_until = \(now)
            WHERE user_id = \(row) AND alive_until > \(now) AND valid_from > \(facts.floor)
              AND valid_from > (SELECT floor_at FROM client WHERE client.id = session.client_id)
              AND ended_at IS NULL AND id NOT IN
            """ + " " + SQL.list(kept.map(\.id.row)))
    }
}
