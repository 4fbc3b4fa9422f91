internal import TokenStorage

/// A subject that has logged in, with how many of its sessions are alive.
package struct User: Sendable {
    package var subject: String
    package var createdAt: Instant
    package var liveSessions: Int
    package var lastSeenAt: Instant?
    let row: Int64

    static let columns: SQL = "u.subject, u.created_at, u.id"
}

extension StoreReading {
    package func user(named subject: String) throws -> User {
        let row = try sql.row("SELECT " + User.columns + " FROM user u WHERE u.subject = \(subject)")
        guard let row else {
            throw Failure(
                .notFound, "no user \(subject) has ever logged in",
                hint: "'tokenctl user list' shows them", target: subject)
        }
        return try user(row)
    }

    /// Reads `User.columns`, and counts what is alive, floors applied, at these clients where some are given.
    func user(_ row: Row, at clients: [Int64]? = nil) throws -> User {
        let number: Int64 = try row.get(2)
        let atClients: SQL = clients.map { " AND s.client_id + 0 IN " + SQL.list($0) } ?? ""
        let living = try sql.row(
            """
            SELECT count(*), max(s.last_seen_at) FROM session_by_user e CROSS JOIN session s CROSS JOIN client c
            WHERE e.user_id = \(number) AND e.absolute_expires_at > \(now) AND s.id = e.session_id AND s.ended_at IS NULL AND s.alive_until > \(now)
              AND s.valid_from > \(facts.floor) AND c.id = s.client_id AND s.valid_from > c.floor_at
            """ + atClients)
        return User(
            subject: try row.get(0), createdAt: try row.get(1), liveSessions: try living?.get(0) ?? 0,
            lastSeenAt: try living?.get(1), row: number)
    }

    func userRow(knownAs subject: String) throws -> Int64? {
        try sql.row("SELECT id FROM user WHERE subject = \(subject)")?.get(0)
    }
}

extension StoreWriter {
    /// The row of a subject, made the first time it is seen.
    func userRow(_ subject: String) throws -> Int64 {
        if let row = try userRow(knownAs: subject) { return row }
        return try insert("INSERT INTO user (subject, created_at) VALUES (\(subject), \(now)) RETURNING id").get(0)
    }
}
