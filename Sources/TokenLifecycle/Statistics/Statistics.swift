internal import TokenStorage

/// `stats`: the sessions that began in some time and are still stored, counted by what they have in common.
package struct Statistics: Sendable {
    package enum Grouping: String, CaseIterable, Sendable {
        case day, user, client, ip, state, key
    }

    /// What one group has in common, and how much of it there is.
    package struct Group: Sendable, Equatable {
        package var name: String
        /// Sessions that began; of a key, tokens that it signed.
        package var count: Int64
        /// Of these, the sessions that are alive; of a key, the tokens not yet expired.
        package var alive: Int64
        /// `count` by day, UTC, from the first day asked for to today; of a key by the day on which the tokens expire.
        package var perDay: [Int64]
    }

    package var by: Grouping
    /// The first day of the series, its beginning in UTC.
    package var from: Instant
    /// The largest groups, or the days in order.
    package var groups: [Group]
    /// Whether there are more groups than were asked for.
    package var hasMore: Bool
}

extension StoreReading {
    /// Reads every session that began since then, so it costs as much as there are of them.
    ///
    /// `since` is cut to whole days and at most ten years; `limit` is how many groups are given.
    package func statistics(by grouping: Statistics.Grouping, since: Duration, limit: Int) throws -> Statistics {
        let today = now.dayNumber
        let days = min(max(1, since.components.seconds / 86_400), 3660)
        let series = (today - days + 1)...today
        let from = Instant(milliseconds: series.lowerBound * 86_400_000)
        var groups: [Statistics.Group]
        switch grouping {
        case .day: groups = try dayGroups(series)
        case .key: groups = try keyGroups(series)
        case .user: groups = try sessionGroups(by: "s.user_id", named: subject, series, limit)
        case .client: groups = try sessionGroups(by: "s.client_id", named: clientID, series, limit)
        case .ip: groups = try sessionGroups(by: "s.ip", named: address, series, limit)
        case .state:
            groups = try sessionGroups(by: stateOfSession(), named: { try String(sqlValue: $0) }, series, limit)
        }
        let hasMore = groups.count > limit && grouping != .day
        if hasMore { groups = Array(groups.prefix(limit)) }
        return Statistics(by: grouping, from: from, groups: groups, hasMore: hasMore)
    }

    /// The sessions of a series with their clients, whose floors say whether one is logged out.
    private func sessions(of series: ClosedRange<Int64>) throws -> SQL {
        let first = try firstRow(
            of: .session, createdAtOrAfter: Instant(milliseconds: series.lowerBound * 86_400_000))
        return " FROM session s JOIN client c ON c.id = s.client_id WHERE s.id >= \(first)"
    }

    private var isAlive: SQL { get throws { try SessionCondition(SessionFilter(), self).condition(.active) } }

    /// Each session's state as a word, as `SessionState` derives it.
    private func stateOfSession() throws -> SQL {
        let condition = try SessionCondition(SessionFilter(), self)
        let cases = SessionState.allCases.map { state -> SQL in
            "WHEN " + condition.condition(state) + " THEN \(state.rawValue)"
        }
        return "CASE " + cases.joined(by: " ") + " END"
    }

    private func dayGroups(_ series: ClosedRange<Int64>) throws -> [Statistics.Group] {
        let select: SQL = try "SELECT s.created_at / 86400000, count(*), sum(" + isAlive + ")"
        let rows = try sql.rows(select + sessions(of: series) + " GROUP BY 1")
        var counts: [Int64: (Int64, Int64)] = [:]
        for row in rows { counts[try row.get(0)] = (try row.get(1), try row.get(2)) }
        return series.map { day in
            let (count, alive) = counts[day] ?? (0, 0)
            let name = Instant(milliseconds: day * 86_400_000).rfc3339.prefix(10)
            return Statistics.Group(name: String(name), count: count, alive: alive, perDay: [count])
        }
    }

    /// The largest groups first, one more than `limit` where there are more; then their series alone.
    private func sessionGroups(
        by key: SQL, named name: (SQLValue) throws -> String, _ series: ClosedRange<Int64>, _ limit: Int
    ) throws -> [Statistics.Group] {
        let select: SQL = try "SELECT " + key + ", count(*), sum(" + isAlive + ")"
        let largest = try sql.rows(
            select + sessions(of: series) + " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT \(limit < .max ? limit + 1 : limit)")
        let keys = try largest.map { try $0.get(0, as: SQLValue.self) }
        var perDay = Dictionary(uniqueKeysWithValues: keys.map { ($0, [Int64](repeating: 0, count: series.count)) })
        let ofThem: SQL =
            " AND (" + key + " IN " + SQL.list(keys) + (keys.contains(.null) ? " OR " + key + " IS NULL)" : ")")
        try sql.forEach(
            try "SELECT " + key + ", s.created_at / 86400000, count(*)" + sessions(of: series) + ofThem
                + " GROUP BY 1, 2"
        ) { row in
            let day = try row.get(1, as: Int64.self) - series.lowerBound
            // A clock that was ahead may have left a session beyond today.
            if series.indices.count > day, day >= 0 { perDay[try row.get(0)]?[Int(day)] = try row.get(2) }
            return true
        }
        return try zip(keys, largest).map { key, row in
            .init(name: try name(key), count: try row.get(1), alive: try row.get(2), perDay: perDay[key] ?? [])
        }
    }

    private func keyGroups(_ series: ClosedRange<Int64>) throws -> [Statistics.Group] {
        let hour = now.milliseconds / 3_600_000
        let rows = try sql.rows(
            """
            SELECT k.kid, i.hour / 24, sum(i.tokens), sum(CASE WHEN i.hour >= \(hour) THEN i.tokens ELSE 0 END)
            FROM issued i JOIN signing_key k ON k.id = i.key_id WHERE i.hour / 24 >= \(series.lowerBound)
            GROUP BY 1, 2 ORDER BY 1
            """)
        var groups: [Statistics.Group] = []
        for row in rows {
            let (kid, day, tokens): (String, Int64, Int64) = (try row.get(0), try row.get(1), try row.get(2))
            if groups.last?.name != kid {
                groups.append(.init(name: kid, count: 0, alive: 0, perDay: [Int64](repeating: 0, count: series.count)))
            }
            let last = groups.count - 1
            groups[last].count += tokens
            groups[last].alive += try row.get(3)
            if series.contains(day) { groups[last].perDay[Int(day - series.lowerBound)] += tokens }
        }
        return groups.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }

    private func subject(_ value: SQLValue) throws -> String {
        try sql.value("SELECT subject FROM user WHERE id = \(try Int64(sqlValue: value))") ?? ""
    }

    private func clientID(_ value: SQLValue) throws -> String {
        try sql.value("SELECT client_id FROM client WHERE id = \(try Int64(sqlValue: value))") ?? ""
    }

    private func address(_ value: SQLValue) throws -> String {
        try value == .null ? "–" : IPAddress(sqlValue: value).description
    }
}

extension Instant {
    /// Days since 1970-01-01, UTC.
    fileprivate var dayNumber: Int64 { seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400 }
}
