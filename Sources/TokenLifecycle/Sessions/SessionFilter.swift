package import TokenStorage

/// Which sessions are meant. Repeats of one condition mean any of them, different conditions all of them.
package struct SessionFilter: Sendable, Equatable {
    package var users: [String] = []
    package var notUsers: [String] = []
    package var clients: [String] = []
    package var notClients: [String] = []
    /// Client ids meant to the letter, even with a `*` in them.
    var exactClients: [String] = []
    package var networks: [IPNetwork] = []
    package var devices: [String] = []
    /// Empty means those alive.
    package var states: Set<SessionState> = []
    package var since: Instant?
    package var until: Instant?
    package var idleOver: Duration?
    package var expiresWithin: Duration?

    package init() {}

    package var isEmpty: Bool { self == SessionFilter() }

    /// The conditions, joined by AND; every value is bound.
    func condition(_ store: some StoreReading) -> SQL {
        var all: [SQL] = []
        if !users.isEmpty { all.append("s.user_id IN (SELECT id FROM user WHERE " + anyOf(users, "subject") + ")") }
        if !notUsers.isEmpty {
            all.append("s.user_id NOT IN (SELECT id FROM user WHERE " + anyOf(notUsers, "subject") + ")")
        }
        if !clients.isEmpty {
            all.append("s.client_id IN (SELECT id FROM client WHERE " + anyOf(clients, "client_id") + ")")
        }
        if !notClients.isEmpty {
            all.append("s.client_id NOT IN (SELECT id FROM client WHERE " + anyOf(notClients, "client_id") + ")")
        }
        if !exactClients.isEmpty {
            all.append("s.client_id IN (SELECT id FROM client WHERE client_id IN " + SQL.list(exactClients) + ")")
        }
        if !networks.isEmpty {
            all.append(either(networks.map { "s.ip BETWEEN \($0.first) AND \($0.last)" }))
        }
        if !devices.isEmpty { all.append("s.device IN " + SQL.list(devices)) }
        if let since { all.append("s.created_at >= \(since)") }
        if let until { all.append("s.created_at < \(until)") }
        if let idleOver { all.append("s.last_seen_at < \(store.now - idleOver)") }
        if let expiresWithin { all.append("s.alive_until <= \(store.now + expiresWithin)") }
        if let states = stateCondition(store) { all.append(states) }
        return all.isEmpty ? "1 = 1" : all.dropFirst().reduce(all[0]) { $0 + " AND " + $1 }
    }

    private func stateCondition(_ store: some StoreReading) -> SQL? {
        let states = states.isEmpty ? [.active] : states
        guard states.count < SessionState.allCases.count else { return nil }
        let floor = store.facts.floor
        let now = store.now
        let later: SQL = "CASE WHEN c.floor_at > \(floor) THEN c.floor_at ELSE \(floor) END"
        let below: SQL = "(s.valid_from <= " + later + " AND \(raw: Self.deadline) > " + later + ")"
        let unended: SQL = "(s.ended_at IS NULL OR s.ended_at > \(now))"
        return either(
            SessionState.allCases.filter(states.contains).map { state in
                switch state {
                case .ended: "s.ended_at <= \(now)"
                case .loggedOut: unended + " AND " + below
                case .expired: unended + " AND NOT " + below + " AND s.absolute_expires_at <= \(now)"
                case .idleExpired:
                    unended + " AND NOT " + below
                        + " AND s.absolute_expires_at > \(now) AND s.last_seen_at + s.idle_timeout <= \(now)"
                case .active:
                    "s.alive_until > \(now) AND s.valid_from > c.floor_at AND s.valid_from > \(floor)"
                }
            })
    }

    /// The earlier of two times, in words that PostgreSQL shares.
    private static let deadline: StaticString = """
        CASE WHEN s.last_seen_at + s.idle_timeout < s.absolute_expires_at THEN s.last_seen_at + s.idle_timeout
             ELSE s.absolute_expires_at END
        """

    private func either(_ conditions: [SQL]) -> SQL {
        "(" + conditions.dropFirst().reduce(conditions[0]) { $0 + " OR " + $1 } + ")"
    }

    /// Exact names, beginnings (`ali*`, by index) or any other place of `*` (a scan).
    private func anyOf(_ patterns: [String], _ column: StaticString) -> SQL {
        either(patterns.map { NamePattern($0).condition(column) })
    }
}

/// A name with `*` for any text.
package struct NamePattern: Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Whether a `*` stands anywhere but at the end, so that no index helps.
    package var scans: Bool { text.dropLast().contains("*") }

    package func condition(_ column: StaticString) -> SQL {
        guard text.contains("*") else { return "\(raw: column) = \(text)" }
        let beginning = String(text.dropLast())
        if !scans, let last = beginning.unicodeScalars.last, let next = Unicode.Scalar(last.value + 1) {
            let end = String(String.UnicodeScalarView(beginning.unicodeScalars.dropLast() + [next]))
            return "(\(raw: column) >= \(beginning) AND \(raw: column) < \(end))"
        }
        let escaped = text.map { "[?".contains($0) ? "[\($0)]" : String($0) }.joined()
        return "\(raw: column) GLOB \(escaped)"
    }
}

/// One page of a listing, newest first, and where the next one begins.
package struct Page<Element: Sendable>: Sendable {
    package var items: [Element]
    /// Continue with rows before this one; nil when there are no more.
    package var next: Int64?

    package init(items: [Element], next: Int64?) {
        self.items = items
        self.next = next
    }
}

extension StoreReading {
    package func sessions(_ filter: SessionFilter, before row: Int64? = nil, limit: Int) throws -> Page<Session> {
        let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables + " WHERE "
        let order: SQL = " AND s.id < \(row ?? .max) ORDER BY s.id DESC LIMIT \(limit + 1)"
        let found = try sql.rows(select + filter.condition(self) + order).map { try Session($0, self) }
        let more = found.count > limit
        return Page(items: Array(found.prefix(limit)), next: more ? found[limit - 1].id.row : nil)
    }

    /// How many there are, counting no further than `most`.
    package func countSessions(_ filter: SessionFilter, upTo most: Int = .max) throws -> Int {
        let inner: SQL = "SELECT 1 FROM " + Session.tables + " WHERE " + filter.condition(self) + " LIMIT \(most)"
        return try sql.row("SELECT count(*) FROM (" + inner + ") AS counted")?.get(0) ?? 0
    }
}
