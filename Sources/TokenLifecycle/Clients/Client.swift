internal import TokenStorage

/// An application that users log in to.
package struct Client: Sendable {
    package var clientID: String
    package var createdAt: Instant
    /// Its sessions valid from then or before are logged out; the epoch where there never was one.
    package var floor: Instant
    let row: Int64

    static let columns: SQL = "c.client_id, c.created_at, c.floor_at, c.id"

    init(_ row: Row) throws {
        clientID = try row.get(0)
        createdAt = try row.get(1)
        floor = try row.get(2)
        self.row = try row.get(3)
    }
}

extension StoreReading {
    /// Fails with `.notFound` where there is none. Its sessions are not counted: that would cost what a floor saves.
    package func client(named id: String) throws -> Client {
        guard let row = try sql.row("SELECT " + Client.columns + " FROM client c WHERE c.client_id = \(id)") else {
            throw Failure(.notFound, "no client \(id)", hint: "'tokenctl client list' shows them", target: id)
        }
        return try Client(row)
    }
}

extension StoreWriter {
    /// The row of a client id, made the first time it is seen.
    func clientRow(_ id: String) throws -> Int64 {
        if let row = try sql.row("SELECT id FROM client WHERE client_id = \(id)") { return try row.get(0) }
        return try insert("INSERT INTO client (client_id, created_at) VALUES (\(id), \(now)) RETURNING id").get(0)
    }
}
