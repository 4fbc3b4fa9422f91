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
        guard let user = try userRow(knownAs: subject) else { return [] }
        let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables
        return try sql.rows(
            select + " WHERE " + .isOfUser(user) + " AND s.alive_until > \(now) ORDER BY s.id"
        ).map { try Session($0, self) }.filter { $0.isAlive(at: now) }
    }

    func liveSessions(ofUser row: Int64, but kept: [Session]) throws -> LiveSessions {
        var clients: [Int64: (name: String, floor: Instant, count: Int)] = [:]
        for client in try sql.rows("SELECT id, client_id, floor_at FROM client") {
            clients[try client.get(0)] = (try client.get(1), try client.get(2), 0)
        }
        let kept = Set(kept.map(\.id.row))
        var live = LiveSessions()
        var first: [Int64] = []
        try sql.forEach(
            """
            SELECT s.id, s.client_id, s.valid_from FROM session_by_user e CROSS JOIN session s
            WHERE e.user_id = \(row) AND e.absolute_expires_at > \(now) AND s.id = e.session_id AND s.alive_until > \(now) AND s.valid_from > \(facts.floor)
            ORDER BY e.session_id
            """
        ) { found in
            let id = try found.get(0, as: Int64.self)
            let client = try found.get(1, as: Int64.self)
            guard !kept.contains(id), let floor = clients[client]?.floor, try found.get(2) > floor else { return true }
            clients[client]?.count += 1
            if first.count < 10 { first.append(id) }
            return true
        }
        live.byClient = clients.values.filter { $0.count > 0 }.map { ($0.name, $0.count) }
        live.count = live.byClient.reduce(0) { $0 + $1.1 }
        live.first = try first.compactMap { try session(row: $0) }
        return live
    }
}

extension StoreWriter {
    /// Ends every live session of a user in one statement; the rule on the user denies their access tokens. Returns how
    /// many it ended. What has ended is not alive any more, so `ended_at` need not be asked.
    func endSessions(ofUser row: Int64, but kept: [Session]) throws -> Int {
        try execute(
            """
            UPDATE session AS s SET ended_at = \(now), end_reason = \(EndReason.logout.rawValue), ended_by = \(actor.name),
                                    alive_until = \(now)
            WHERE \(SQL.isOfUser(row)) AND s.alive_until > \(now) AND s.valid_from > \(facts.floor)
              AND s.valid_from > (SELECT floor_at FROM client WHERE client.id = s.client_id)
              AND s.id NOT IN
            """ + " " + SQL.list(kept.map(\.id.row)))
    }
}
