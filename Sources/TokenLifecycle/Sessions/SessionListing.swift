internal import TokenStorage

extension StoreReading {
    /// Gives the sessions that a filter means, one by one, with the position after each, until `body` answers false.
    ///
    /// Memory and the price of the first ones do not follow how many there are. `expecting` is how many will be looked at,
    /// where that is known. Fails with `.usage` for a position of another kind of list.
    package func eachSession(
        _ filter: SessionFilter, in order: SessionOrder? = nil, after position: ListPosition? = nil,
        expecting: Int? = nil, _ body: (Session, ListPosition) throws -> Bool
    ) throws {
        let condition = try SessionCondition(filter, self)
        var walk = try condition.walk(order ?? .natural(for: filter), after: position?.key())
        let chunk = min(max(expecting ?? .max, 1), 256)
        while true {
            let keys = try walk.next(chunk, sql)
            let found = try sessions(rows: keys.map(\.row))
            for key in keys {
                guard let session = found[key.row] else { throw Failure.disagreement("a session left the snapshot") }
                guard try body(session, ListPosition(key)) else { return }
            }
            guard keys.count == chunk else { return }
        }
    }

    package func sessions(
        _ filter: SessionFilter, in order: SessionOrder? = nil, after position: ListPosition? = nil, limit: Int
    ) throws -> Page<Session> {
        try Page(limit: limit) { give in
            try eachSession(
                filter, in: order, after: position, expecting: limit == .max ? nil : limit + 1, give)
        }
    }

    /// How many there are, counting no further than `most`.
    package func countSessions(_ filter: SessionFilter, upTo most: Int = .max) throws -> Int {
        let condition = try SessionCondition(filter, self)
        if filter.isEmpty, condition.lowestFloor == nil {
            // Nothing but the entries has to be read.
            let live: SQL = "SELECT 1 FROM session_by_end WHERE ended_at = 0 AND alive_until > \(now) LIMIT \(most)"
            return try sql.value("SELECT count(*) FROM (" + live + ") AS counted") ?? 0
        }
        var walk = try condition.walk(SessionOrder(.creation, descending: true))
        return most == .max ? try walk.count(sql) : try walk.next(most, sql).count
    }

    private func sessions(rows: [Int64]) throws -> [Int64: Session] {
        guard !rows.isEmpty else { return [:] }
        let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables + " WHERE s.id IN " + SQL.list(rows)
        var found: [Int64: Session] = [:]
        try sql.forEach(select) { row in
            let session = try Session(row, self)
            found[session.id.row] = session
            return true
        }
        return found
    }
}
