internal import TokenStorage

/// A subject that has logged in, with how many of its sessions are alive.
package struct User: Sendable {
    package var subject: String
    package var createdAt: Instant
    package var liveSessions: Int
    package var lastSeenAt: Instant?
    let row: Int64
}

extension StoreReading {
    package func user(named subject: String) throws -> User {
        let found = try sql.row(
            "SELECT " + userColumns + " WHERE u.subject = \(subject) GROUP BY u.id")
        guard let row = found else {
            throw Failure(
                .notFound, "no user \(subject) has ever logged in",
                hint: "'tokenctl user list' shows them", target: subject)
        }
        return try user(row)
    }

    /// Users with live sessions, or with `all` everyone who ever logged in, in the order of their names.
    package func users(_ pattern: String? = nil, all: Bool = false, minimum: Int = 0, after: String? = nil, limit: Int)
        throws -> Page<User>
    {
        let wanted = max(minimum, all ? 0 : 1)
        let named: SQL = pattern.map { NamePattern($0).condition("u.subject") } ?? "1 = 1"
        let found = try sql.rows(
            "SELECT " + userColumns + " WHERE " + named
                + " AND u.subject > \(after ?? "") GROUP BY u.id HAVING count(c.id) >= \(wanted)"
                + " ORDER BY u.subject LIMIT \(limit + 1)"
        ).map(user)
        return Page(items: Array(found.prefix(limit)), next: found.count > limit ? found[limit - 1].row : nil)
    }

    package func countUsers(_ pattern: String? = nil, all: Bool = false, minimum: Int = 0) throws -> Int {
        let wanted = max(minimum, all ? 0 : 1)
        let named: SQL = pattern.map { NamePattern($0).condition("u.subject") } ?? "1 = 1"
        let inner: SQL =
            "SELECT " + userColumns + " WHERE " + named + " GROUP BY u.id HAVING count(c.id) >= \(wanted)"
        return try sql.row("SELECT count(*) FROM (" + inner + ") AS counted")?.get(0) ?? 0
    }

    /// Counts what is alive, floors applied, from the index of a user's sessions.
    private var userColumns: SQL {
        """
        u.subject, u.created_at, count(c.id), max(CASE WHEN c.id IS NOT NULL THEN s.last_seen_at END), u.id
        FROM user u
        LEFT JOIN session s ON s.user_id = u.id AND s.alive_until > \(now) AND s.valid_from > \(facts.floor)
        LEFT JOIN client c ON c.id = s.client_id AND s.valid_from > c.floor_at
        """
    }

    private func user(_ row: Row) throws -> User {
        User(
            subject: try row.get(0), createdAt: try row.get(1), liveSessions: try row.get(2),
            lastSeenAt: try row.get(3),
            row: try row.get(4))
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
