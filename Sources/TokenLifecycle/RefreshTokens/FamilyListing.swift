internal import TokenStorage

/// Which refresh families are meant: by their sessions, and by what is their own.
package struct FamilyFilter: Sendable, Equatable {
    /// Its states say nothing here: a family has its own.
    package var session = SessionFilter()
    /// Empty means those active.
    package var states: Set<FamilyState> = []
    /// Only those of which a spent token was presented again.
    package var replayed = false

    package init() {}

    /// The states that are meant. A replay ends its family, so those are shown whatever became of them.
    fileprivate var meantStates: Set<FamilyState> {
        states.isEmpty ? (replayed ? Set(FamilyState.allCases) : [.active]) : states
    }

    /// The sessions that can have such a family.
    fileprivate var sessions: SessionFilter {
        var filter = session
        let states: [[SessionState]] = meantStates.map { state in
            switch state {
            case .active: [.active]
            case .expired: [.expired, .idleExpired]
            case .loggedOut: [.loggedOut]
            case .ended: SessionState.allCases
            }
        }
        filter.states = Set(states.joined())
        return filter
    }
}

extension SessionCondition {
    /// On `f`, a family of `s`: what `RefreshFamily.state` says, in SQL.
    fileprivate func condition(_ state: FamilyState) -> SQL {
        let own: SQL = "f.ended_at + 0 IS NULL"
        return switch state {
        case .active: "(" + own + " AND " + condition(SessionState.active) + ")"
        case .expired:
            "(" + own + " AND " + [condition(SessionState.expired), condition(SessionState.idleExpired)].anyOf + ")"
        case .loggedOut: "(" + own + " AND " + condition(SessionState.loggedOut) + ")"
        case .ended: "(NOT " + own + " OR " + condition(SessionState.ended) + ")"
        }
    }

    fileprivate func families(_ filter: FamilyFilter) -> SQL {
        let states = filter.meantStates.sorted { $0.rawValue < $1.rawValue }.map(condition).anyOf
        return filter.replayed ? states + " AND f.replayed_at + 0 IS NOT NULL" : states
    }

    /// The sessions with such families, as a walk: a family has no user, client or time of its own to go by.
    func walk(_ filter: FamilyFilter, _ order: SessionOrder, after position: ListKey?) throws -> ListWalk {
        let ofSession: SQL = "EXISTS (SELECT 1 FROM refresh_family f WHERE f.session_id = s.id AND "
        let replayed: SQL = "e.replayed_at IS NOT NULL"
        let entries =
            filter.replayed
            ? ListEntries(table: "refresh_family e", link: "s.id = e.session_id", condition: replayed) : nil
        let some: SQL = "SELECT e.session_id FROM refresh_family e WHERE e.session_id > 0"
        return try walk(
            order, after: position, also: [Candidates(rows: entries.map { some + " AND " + $0.condition } ?? some)],
            through: entries, and: ofSession + families(filter) + ")")
    }
}

extension StoreReading {
    /// Gives refresh families one by one, in the order of their sessions, with the position after each, until `body`
    /// answers false. Sorting is by the session's times, newest login first unless asked.
    package func eachFamily(
        _ filter: FamilyFilter, in order: SessionOrder? = nil, after position: ListPosition? = nil,
        expecting: Int? = nil, _ body: (RefreshFamily, ListPosition) throws -> Bool
    ) throws {
        let order = order ?? .natural(for: filter.sessions)
        let condition = try SessionCondition(filter.sessions, self)
        let last = try position?.key()
        // A session may have several families, and a page end between two of them: begin with that session again.
        let before = last.map { key in
            ListKey(
                value: order.key == .creation ? key.row + step(order) : key.value, tie: key.tie,
                row: key.row + step(order))
        }
        var walk = try condition.walk(filter, order, after: before)
        let shown = position.flatMap { $0.numbers.count > 3 ? $0.numbers[3] : nil }
        let chunk = min(max(expecting ?? .max, 1), 256)
        while true {
            let keys = try walk.next(chunk, sql)
            let found = try families(
                ofSessions: keys.map(\.row), condition.families(filter), descending: order.descending)
            for key in keys {
                for family in found[key.row] ?? [] {
                    if key.row == last?.row, let shown,
                        (family.id.row < shown) != order.descending || family.id.row == shown
                    {
                        continue
                    }
                    let at = ListPosition(numbers: [key.value, key.tie, key.row, family.id.row])
                    guard try body(family, at) else { return }
                }
            }
            guard keys.count == chunk else { return }
        }
    }

    package func families(
        _ filter: FamilyFilter, in order: SessionOrder? = nil, after position: ListPosition? = nil, limit: Int
    ) throws -> Page<RefreshFamily> {
        try Page(limit: limit) { give in
            try eachFamily(
                filter, in: order, after: position, expecting: limit == .max ? nil : limit + 1, give)
        }
    }

    package func countFamilies(_ filter: FamilyFilter) throws -> Int {
        let condition = try SessionCondition(filter.sessions, self)
        var sessions = condition.query(and: "f.session_id = s.id AND " + condition.families(filter))
        let walk = try condition.walk(filter, SessionOrder(.creation, descending: true), after: nil)
        sessions.joined += " CROSS JOIN refresh_family f"
        return try walk.with(sessions).count(sql)
    }

    private func step(_ order: SessionOrder) -> Int64 { order.descending ? 1 : -1 }

    private func families(
        ofSessions rows: [Int64], _ condition: SQL, descending: Bool
    ) throws -> [Int64: [RefreshFamily]] {
        guard !rows.isEmpty else { return [:] }
        let select: SQL =
            "SELECT " + RefreshFamily.columns + " FROM " + RefreshFamily.tables + " WHERE f.session_id IN "
            + SQL.list(rows) + " AND " + condition
        let found = try sql.rows(select).map { try RefreshFamily($0, self) }
            .sorted { descending ? $0.id.row > $1.id.row : $0.id.row < $1.id.row }
        return Dictionary(grouping: found, by: \.session.id.row)
    }
}
