internal import TokenStorage

/// A server-side login of one user at one client. A value: what the row said when it was read.
package struct Session: Sendable, Identifiable {
    /// The row, and the public form that people and tokens use.
    package struct ID: Hashable, Sendable, CustomStringConvertible {
        package var row: Int64
        package var text: String
        package var description: String { text }
    }

    package var id: ID
    package var user: String
    let userRow: Int64
    package var client: String
    let clientRow: Int64
    package var createdAt: Instant
    /// The first login of its line: regenerating keeps it.
    package var loginAt: Instant
    /// Compared with floors.
    package var validFrom: Instant
    package var lastSeenAt: Instant
    package var idleTimeout: Duration
    package var absoluteExpiry: Instant
    /// The first of idle deadline, absolute expiry and end.
    package var aliveUntil: Instant
    /// The latest `exp` of the access tokens that carry its id; none where it has none.
    package var accessUntil: Instant?
    /// The kid of the key that signed that token.
    package var accessKey: String?
    package var ip: IPAddress?
    package var userAgent: String?
    package var device: String?
    /// Attributes, a JSON object as text.
    package var data: String?
    package var end: End?
    /// Of its client or of everyone, the later one; logged out where it is not below `validFrom`.
    package var floor: Instant

    package var idleDeadline: Instant { lastSeenAt + idleTimeout }

    /// Pure: nothing waits for a job to flip a column.
    package func state(at now: Instant) -> SessionState {
        if let end, end.at <= now { return .ended }
        // A floor ends what was alive then; what had expired before stays expired.
        if validFrom <= floor, min(idleDeadline, absoluteExpiry) > floor { return .loggedOut }
        if absoluteExpiry <= now { return .expired }
        if idleDeadline <= now { return .idleExpired }
        return .active
    }

    package func isAlive(at now: Instant) -> Bool { state(at: now) == .active }

    /// When it stopped being alive, or nil while it is.
    package func endedAt(asOf now: Instant) -> Instant? {
        switch state(at: now) {
        case .active: nil
        case .ended: end?.at
        case .loggedOut: floor
        case .expired, .idleExpired: min(idleDeadline, absoluteExpiry)
        }
    }

    static let columns: SQL = """
        s.id, u.subject, s.user_id, c.client_id, s.client_id, s.created_at, s.login_at, s.valid_from, s.last_seen_at, \
        s.idle_timeout, s.absolute_expires_at, s.alive_until, s.access_until, s.ip, s.user_agent, s.device, s.data, \
        s.ended_at, s.end_reason, s.ended_by, c.floor_at, (SELECT kid FROM signing_key WHERE id = s.access_key)
        """

    /// How many columns these are; others may follow.
    static let columnCount = 22

    static let tables: SQL = "session s JOIN user u ON u.id = s.user_id JOIN client c ON c.id = s.client_id"

    init(_ row: Row, _ store: some StoreReading) throws {
        let number = try row.get(0, as: Int64.self)
        id = ID(row: number, text: try store.ids.known(number, .session))
        user = try row.get(1)
        userRow = try row.get(2)
        client = try row.get(3)
        clientRow = try row.get(4)
        createdAt = try row.get(5)
        loginAt = try row.get(6)
        validFrom = try row.get(7)
        lastSeenAt = try row.get(8)
        idleTimeout = .milliseconds(try row.get(9, as: Int64.self))
        absoluteExpiry = try row.get(10)
        aliveUntil = try row.get(11)
        accessUntil = try row.get(12)
        ip = try row.get(13)
        userAgent = try row.get(14)
        device = try row.get(15)
        data = try row.get(16)
        if let at = try row.get(17, as: Instant?.self) {
            end = End(at: at, reason: try row.get(18), by: try row.get(19))
        }
        floor = max(try row.get(20), store.facts.floor)
        accessKey = try row.get(21)
    }
}

extension StoreReading {
    package func session(row: Int64) throws -> Session? {
        try sql.row("SELECT " + Session.columns + " FROM " + Session.tables + " WHERE s.id = \(row)")
            .map { try Session($0, self) }
    }

    /// The session of a public id; nothing else is accepted, and a typo finds nothing.
    package func session(named text: String) throws -> Session {
        guard let row = ids.row(of: text, .session), let session = try session(row: row) else {
            throw Failure(.notFound, "no session \(text)", hint: "'tokenctl session list' shows them", target: text)
        }
        return session
    }
}
