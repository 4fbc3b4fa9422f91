internal import TokenStorage

/// An application that users log in to.
package struct Client: Sendable {
    package var clientID: String
    package var createdAt: Instant
    /// Its sessions valid from then or before are logged out; the epoch where there never was one.
    package var floor: Instant
    package var liveSessions: Int
    let row: Int64
}

extension StoreReading {
    /// Every client, in the order of their names.
    package func clients(limit: Int = .max, after: String? = nil) throws -> [Client] {
        try sql.rows(
            "SELECT " + clientColumns + " WHERE c.client_id > \(after ?? "") ORDER BY c.client_id LIMIT \(limit)"
        ).map(client)
    }

    package func client(named id: String) throws -> Client {
        guard let row = try sql.row("SELECT " + clientColumns + " WHERE c.client_id = \(id)") else {
            throw Failure(.notFound, "no client \(id)", hint: "'tokenctl client list' shows them", target: id)
        }
        return try client(row)
    }

    private var clientColumns: SQL {
        """
        c.client_id, c.created_at, c.floor_at,
        (SELECT count(*) FROM session s WHERE s.client_id = c.id AND s.alive_until > \(now)
            AND s.valid_from > c.floor_at AND s.valid_from > \(facts.floor)), c.id
        FROM client c
        """
    }

    private func client(_ row: Row) throws -> Client {
        Client(
            clientID: try row.get(0), createdAt: try row.get(1), floor: try row.get(2), liveSessions: try row.get(3),
            row: try row.get(4))
    }
}

extension StoreWriter {
    /// The row of a client id, made the first time it is seen.
    func clientRow(_ id: String) throws -> Int64 {
        if let row = try sql.row("SELECT id FROM client WHERE client_id = \(id)") { return try row.get(0) }
        return try insert("INSERT INTO client (client_id, created_at) VALUES (\(id), \(now)) RETURNING id").get(0)
    }
}
