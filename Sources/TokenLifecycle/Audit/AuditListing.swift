internal import TokenStorage

/// Which events of the audit trail are meant.
package struct AuditFilter: Sendable, Equatable {
    /// What was acted on, as recorded: a user, a client, a kid, a session id; for a rule its scope and value, `user alice`.
    /// `*` for any text.
    package var targets: [String] = []
    /// `*` for any text.
    package var verbs: [String] = []
    /// `*` for any text.
    package var actors: [String] = []
    package var since: Instant?
    package var until: Instant?

    package init() {}

    /// The conditions for which no index exists, as an operator names them.
    package var scanningConditions: [String] {
        var names: [String] = []
        if targets.contains(where: { NamePattern($0).scans }) { names.append("a * before the end of a name") }
        if !verbs.isEmpty { names.append("--verb") }
        if !actors.isEmpty { names.append("--actor") }
        return names
    }
}

extension StoreReading {
    /// Gives events one by one, newest first unless `descending` is false, until `body` answers false.
    package func eachAuditEvent(
        _ filter: AuditFilter, descending: Bool = true, after position: ListPosition? = nil, expecting: Int? = nil,
        _ body: (AuditEvent, ListPosition) throws -> Bool
    ) throws {
        var walk = try auditWalk(filter, descending: descending, after: position?.key())
        let chunk = min(max(expecting ?? .max, 1), 256)
        while true {
            let keys = try walk.next(chunk, sql)
            for key in keys {
                let select: SQL = "SELECT " + AuditEvent.columns + " FROM audit_event WHERE seq = \(key.row)"
                guard let event = try sql.row(select).map(AuditEvent.init) else {
                    throw Failure.disagreement("an event left the snapshot")
                }
                guard try body(event, ListPosition(key)) else { return }
            }
            guard keys.count == chunk else { return }
        }
    }

    package func auditEvents(
        _ filter: AuditFilter = AuditFilter(), descending: Bool = true, after position: ListPosition? = nil, limit: Int
    ) throws -> Page<AuditEvent> {
        try Page(limit: limit) { give in
            try eachAuditEvent(
                filter, descending: descending, after: position, expecting: limit == .max ? nil : limit + 1, give)
        }
    }

    package func countAuditEvents(_ filter: AuditFilter = AuditFilter()) throws -> Int {
        try auditWalk(filter, descending: true, after: nil).count(sql)
    }

    func auditWalk(_ filter: AuditFilter, descending: Bool, after position: ListKey?) throws -> ListWalk {
        var all: [SQL] = []
        var candidates: [Candidates] = []
        for names in [filter.targets, filter.verbs, filter.actors] { try requireFew(names.count, "names") }
        let targets = filter.targets.map(NamePattern.init)
        if !targets.isEmpty {
            all.append(targets.condition("(a.target || '')"))
            if !targets.contains(where: \.scans) {
                let rows: [SQL] = targets.map { "SELECT seq FROM audit_event WHERE " + $0.condition("target") }
                candidates.append(Candidates(rows: rows.joined(by: " UNION ALL ")))
            }
        }
        if !filter.verbs.isEmpty { all.append(filter.verbs.map(NamePattern.init).condition("a.verb")) }
        if !filter.actors.isEmpty { all.append(filter.actors.map(NamePattern.init).condition("a.actor")) }
        let rows = try rows(of: .auditEvent, since: filter.since, until: filter.until)
        if let rows { all.append("a.seq + 0 BETWEEN \(rows.low) AND \(rows.high)") }
        return ListWalk(
            ListQuery(table: "audit_event a", number: "a.seq", condition: all.allOf),
            by: ListOrder(value: "a.seq", row: "a.seq", descending: descending),
            streams: [
                OrderedRows(["a.seq"], low: rows?.low, high: rows?.high, descending: descending, after: position)
            ], candidates: candidates, after: position)
    }
}
