internal import TokenStorage

/// Which rules of the denylist are meant.
package struct DenyRuleFilter: Sendable, Equatable {
    package var scopes: Set<DenyScope> = []
    /// Exactly these values, whatever the scope.
    package var values: [String] = []
    /// Rules about these users, clients and keys, `*` for any text; a rule is about one thing, so any of all of them.
    package var users: [String] = []
    package var clients: [String] = []
    package var keys: [String] = []
    /// Also those that can match nothing any more and wait for cleanup.
    package var includesSpent = false
    package var since: Instant?
    package var until: Instant?
    package var expiresWithin: Duration?

    package init() {}

    fileprivate var subjects: [(scope: DenyScope, pattern: NamePattern)] {
        users.map { (.user, NamePattern($0)) } + clients.map { (.client, NamePattern($0)) }
            + keys.map { (.key, NamePattern($0)) }
    }

    /// The conditions for which no index exists, as an operator names them.
    package var scanningConditions: [String] {
        subjects.contains { $0.pattern.scans } ? ["a * before the end of a name"] : []
    }
}

extension StoreReading {
    /// Gives rules one by one, newest first unless `descending` is false, until `body` answers false.
    package func eachDenyRule(
        _ filter: DenyRuleFilter, descending: Bool = true, after position: ListPosition? = nil, expecting: Int? = nil,
        _ body: (DenyRule, ListPosition) throws -> Bool
    ) throws {
        var walk = try denyRuleWalk(filter, descending: descending, after: position?.key())
        let chunk = min(max(expecting ?? .max, 1), 256)
        while true {
            let keys = try walk.next(chunk, sql)
            for key in keys {
                guard let rule = try denyRule(id: key.row) else {
                    throw Failure.disagreement("a rule left the snapshot")
                }
                guard try body(rule, ListPosition(key)) else { return }
            }
            guard keys.count == chunk else { return }
        }
    }

    package func denyRules(
        _ filter: DenyRuleFilter = DenyRuleFilter(), descending: Bool = true, after position: ListPosition? = nil,
        limit: Int
    ) throws -> Page<DenyRule> {
        try Page(limit: limit) { give in
            try eachDenyRule(
                filter, descending: descending, after: position, expecting: limit == .max ? nil : limit + 1, give)
        }
    }

    package func countDenyRules(_ filter: DenyRuleFilter = DenyRuleFilter()) throws -> Int {
        try denyRuleWalk(filter, descending: true, after: nil).count(sql)
    }

    func denyRuleWalk(_ filter: DenyRuleFilter, descending: Bool, after position: ListKey?) throws -> ListWalk {
        var all: [SQL] = []
        var candidates: [Candidates] = []
        if !filter.scopes.isEmpty { all.append("r.scope || '' IN " + SQL.list(filter.scopes.map(\.rawValue).sorted())) }
        if !filter.values.isEmpty {
            all.append("r.value || '' IN " + SQL.list(filter.values))
            let scopes = filter.scopes.isEmpty ? Set(DenyScope.allCases) : filter.scopes
            let rows: SQL = "SELECT id FROM deny_rule WHERE scope IN " + SQL.list(scopes.map(\.rawValue).sorted())
            candidates.append(Candidates(rows: rows + " AND value IN " + SQL.list(filter.values)))
        }
        let subjects = filter.subjects
        try requireFew(subjects.count, "names")
        if !subjects.isEmpty {
            all.append(
                subjects.map {
                    "(r.scope || '' = \($0.scope.rawValue) AND " + $0.pattern.condition("(r.value || '')") + ")"
                }
                .anyOf)
            let rows: [SQL] = subjects.map {
                "SELECT id FROM deny_rule WHERE scope = \($0.scope.rawValue) AND " + $0.pattern.condition("value")
            }
            if !subjects.contains(where: { $0.pattern.scans }) {
                candidates.append(Candidates(rows: rows.joined(by: " UNION ALL ")))
            }
        }
        let oldest = try now - policies.clockSkew
        if !filter.includesSpent { all.append("(r.matches_until IS NULL OR r.matches_until + 0 > \(oldest))") }
        if let within = filter.expiresWithin {
            let latest = now + within
            all.append("r.matches_until + 0 <= \(latest)")
            candidates.append(
                Candidates(
                    rows: filter.includesSpent
                        ? "SELECT id FROM deny_rule WHERE matches_until <= \(latest)"
                        : "SELECT id FROM deny_rule WHERE matches_until > \(oldest) AND matches_until <= \(latest)"))
        }
        let rows = try rows(of: .denyRule, since: filter.since, until: filter.until)
        if let rows { all.append("r.id + 0 BETWEEN \(rows.low) AND \(rows.high)") }
        return ListWalk(
            ListQuery(table: "deny_rule r", number: "r.id", condition: all.allOf),
            by: ListOrder(value: "r.id", row: "r.id", descending: descending),
            streams: [
                OrderedRows(["r.id"], low: rows?.low, high: rows?.high, descending: descending, after: position)
            ],
            candidates: candidates
                + (rows.map { [Candidates(rows: "SELECT id FROM deny_rule WHERE id BETWEEN \($0.low) AND \($0.high)")] }
                    ?? []),
            after: position)
    }
}
