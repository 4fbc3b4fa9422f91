internal import TokenStorage

/// Which users are meant.
package struct UserFilter: Sendable, Equatable {
    /// Subjects, `*` for any text; empty means any.
    package var names: [String] = []
    /// Whose live sessions at these clients are counted; `*` for any text; empty means any.
    package var clients: [String] = []
    /// Also users without a live session.
    package var includesGone = false
    /// With at least so many live sessions.
    package var minimum = 0
    /// First seen in this time.
    package var since: Instant?
    package var until: Instant?

    package init() {}

    fileprivate var wanted: Int { max(minimum, includesGone ? 0 : 1) }

    /// The conditions for which no index exists, as an operator names them.
    package var scanningConditions: [String] {
        (names + clients).contains { NamePattern($0).scans } ? ["a * before the end of a name"] : []
    }
}

/// What users are sorted by.
package struct UserOrder: Hashable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case name = "user"
        case creation = "created_at"
    }

    package var key: Key
    package var descending: Bool

    package init(_ key: Key = .name, descending: Bool = false) {
        self.key = key
        self.descending = descending
    }
}

extension StoreReading {
    /// Gives users one by one, with the position after each, until `body` answers false.
    package func eachUser(
        _ filter: UserFilter, in order: UserOrder = UserOrder(), after position: ListPosition? = nil,
        _ body: (User, ListPosition) throws -> Bool
    ) throws {
        var walk = try UserWalk(filter, order, after: position, self)
        while let chunk = try walk.next(self) {
            for row in chunk {
                let user = try user(row, at: walk.clients)
                guard user.liveSessions >= filter.wanted else { continue }
                walk.spent = 0
                let at = ListPosition(numbers: [user.row, user.row], text: user.subject)
                guard try body(user, at) else { return }
            }
        }
    }

    package func users(
        _ filter: UserFilter = UserFilter(), in order: UserOrder = UserOrder(), after position: ListPosition? = nil,
        limit: Int
    ) throws -> Page<User> {
        try Page(limit: limit) { try eachUser(filter, in: order, after: position, $0) }
    }

    package func countUsers(_ filter: UserFilter = UserFilter()) throws -> Int {
        var everyone = UserFilter()
        everyone.includesGone = true
        if filter == everyone { return try sql.value("SELECT count(*) FROM user") ?? 0 }
        var count = 0
        try eachUser(filter) { _, _ in
            count += 1
            return true
        }
        return count
    }
}

/// Users in order, read through the index of their names or numbers; or, where few can be meant, gathered and sorted. The
/// two race as in `ListWalk`: who has a live session is known only after counting.
struct UserWalk {
    let filter: UserFilter
    let order: UserOrder
    let patterns: [NamePattern]
    /// Nil where any client will do.
    let clients: [Int64]?
    let rows: (low: Int64, high: Int64)?
    /// Users looked at since the last that was meant.
    var spent = 0
    var allowance = 500
    private var position: ListPosition?
    private var isOver = false

    init(_ filter: UserFilter, _ order: UserOrder, after position: ListPosition?, _ store: some StoreReading) throws {
        self.filter = filter
        self.order = order
        self.position = position
        patterns = filter.names.map(NamePattern.init)
        rows = try store.rows(of: .user, since: filter.since, until: filter.until)
        clients =
            filter.clients.isEmpty
            ? nil
            : try store.sql.rows(
                "SELECT id FROM client WHERE " + filter.clients.map(NamePattern.init).condition("client_id")
            ).map { try $0.get(0) }
    }

    /// The next few that may be meant; nil at the end.
    mutating func next(_ store: some StoreReading) throws -> [Row]? {
        guard !isOver else { return nil }
        if position == nil || spent >= allowance {
            allowance = max(allowance, spent * 2)
            if let gathered = try gather(store) {
                isOver = true
                return gathered
            }
        }
        let chunk = 64
        let found = try store.sql.rows(statement + " LIMIT \(chunk)")
        isOver = found.count < chunk
        if let last = found.last {
            let number: Int64 = try last.get(2)
            position = ListPosition(numbers: [number, number], text: try last.get(0))
        }
        spent += chunk
        return try found.filter(isMeant)
    }

    private func isMeant(_ row: Row) throws -> Bool {
        let number: Int64 = try row.get(2)
        if let rows, number < rows.low || number > rows.high { return false }
        let name: String = try row.get(0)
        return patterns.isEmpty || patterns.contains { $0.matches(name) }
    }

    var statement: SQL {
        let select: SQL = "SELECT " + User.columns + " FROM user u WHERE "
        switch order.key {
        case .creation:
            let low = rows?.low ?? 0
            let high = rows?.high ?? .max
            let last = position?.numbers.first
            return order.descending
                ? select + "u.id >= \(low) AND u.id <= \(last.map { min($0 - 1, high) } ?? high) ORDER BY u.id DESC"
                : select + "u.id >= \(last.map { max($0 + 1, low) } ?? low) AND u.id <= \(high) ORDER BY u.id"
        case .name:
            // Names with one beginning are one range of the index; any other pattern is tried on each.
            let range = patterns.count == 1 ? patterns[0].range : nil
            var bounds: [SQL] = []
            if let position {
                bounds.append(order.descending ? "u.subject < \(position.text)" : "u.subject > \(position.text)")
            }
            if let low = range?.low, position == nil || order.descending { bounds.append("u.subject >= \(low)") }
            if let high = range?.high, position == nil || !order.descending { bounds.append("u.subject < \(high)") }
            if bounds.isEmpty { bounds.append("u.subject >= ''") }
            return select + bounds.allOf + (order.descending ? " ORDER BY u.subject DESC" : " ORDER BY u.subject")
        }
    }

    /// All that can be meant, sorted, where an index holds no more than the allowance; else nil.
    private func gather(_ store: some StoreReading) throws -> [Row]? {
        let exact = patterns.compactMap(\.exact)
        if !patterns.isEmpty, exact.count == patterns.count {
            return try sorted(
                store.sql.rows("SELECT " + User.columns + " FROM user u WHERE u.subject IN " + .list(exact)))
        }
        for few in candidates(store) where try few.areAtMost(allowance, store.sql) {
            return try sorted(
                store.sql.rows("SELECT " + User.columns + " FROM user u WHERE u.id IN (" + few.rows + ")"))
        }
        return nil
    }

    func candidates(_ store: some StoreReading) -> [Candidates] {
        var all: [Candidates] = []
        if let rows {
            all.append(Candidates(rows: "SELECT id FROM user WHERE id BETWEEN \(rows.low) AND \(rows.high)"))
        }
        if filter.wanted > 0 {
            all.append(
                Candidates(
                    rows: "SELECT s.user_id FROM " + store.unended(),
                    // Counted by their entries, before any row is looked at.
                    through: "SELECT 1 FROM session_by_end WHERE ended_at = 0 AND alive_until > \(store.now)"))
            if let clients {
                all.append(Candidates(rows: "SELECT user_id FROM session WHERE client_id IN " + .list(clients)))
            }
        }
        return all
    }

    private func sorted(_ found: [Row]) throws -> [Row] {
        let named = try found.filter(isMeant).map {
            (try $0.get(0, as: String.self), try $0.get(2, as: Int64.self), $0)
        }
        let byName = order.key == .name
        let sorted = named.sorted { byName ? $0.0.isBefore($1.0) : $0.1 < $1.1 }
        let rest = (order.descending ? sorted.reversed() : sorted).filter { name, number, _ in
            guard let position else { return true }
            if byName { return order.descending ? name.isBefore(position.text) : position.text.isBefore(name) }
            let last = position.numbers.first ?? 0
            return order.descending ? number < last : number > last
        }
        return rest.map(\.2)
    }
}

extension String {
    /// By bytes of UTF-8, as the store sorts.
    func isBefore(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
