internal import TokenStorage

/// How a filter and an order become indexes to read: in which streams the rows come sorted, and which conditions may
/// leave so few that gathering them is cheaper.
extension SessionCondition {
    /// `also` are further candidates, `through` entries `e` that lead to all sessions that are meant, `more` a further
    /// condition: what lists of things that belong to sessions add.
    func walk(
        _ order: SessionOrder, after position: ListKey? = nil, also: [Candidates] = [], through: ListEntries? = nil,
        and more: SQL = "1 = 1"
    ) throws -> ListWalk {
        let isImpossible = isImpossible
        let by =
            switch order.key {
            case .creation: ListOrder(value: "s.id", row: "s.id", descending: order.descending)
            case .lastSeen: ListOrder(value: "s.last_seen_at", row: "s.id", descending: order.descending)
            case .expiry:
                ListOrder(
                    value: "s.alive_until", tie: "s.absolute_expires_at", row: "s.id", descending: order.descending)
            }
        let way = way(order, through: through)
        let query = query(and: more, bySubject: way != .rows)
        // A number and eight characters, several dozens a page.
        let isNarrow = way == .numbers && goesByBeginnings
        return ListWalk(
            query, by: by,
            streams: isImpossible ? [] : try streams(order, way, query, through: through, after: position),
            candidates: isImpossible ? [] : try also + candidates(order, and: more),
            rows: rows.map { $0.low...max($0.low, $0.high) } ?? .min ... .max, rate: isNarrow ? 16 : 1,
            unless: isNarrow ? mistaken : nil, after: position)
    }

    /// What the streams of a list go through.
    private enum Way {
        /// The numbers of all sessions, or of the living.
        case numbers
        /// An index of their rows.
        case rows
        /// Entries of another table.
        case entries
    }

    private func way(_ order: SessionOrder, through: ListEntries?) -> Way {
        guard order.key == .creation else { return .entries }
        guard let equality = equalities?.first else { return through == nil ? .numbers : .entries }
        guard equality.0 == nil else { return .entries }
        // The first of a client that are still alive have many dead before them.
        return alive && !order.descending && through == nil ? .numbers : .rows
    }

    private var alive: Bool { filter.meantStates == [.active] }

    // MARK: Streams

    private func streams(
        _ order: SessionOrder, _ way: Way, _ query: ListQuery, through: ListEntries?, after position: ListKey?
    ) throws -> [any ListStream] {
        func rows(
            _ columns: [StaticString], of entries: ListEntries?, where condition: SQL? = nil, low: Int64? = nil,
            high: Int64? = nil
        ) -> OrderedRows {
            OrderedRows(
                columns, of: entries, where: condition, low: low, high: high, descending: order.descending,
                after: position)
        }
        func listed(_ entries: SessionEntries) -> ListEntries {
            ListEntries(
                table: "\(raw: entries.table) e", link: "s.id = e.session_id", condition: entryCondition(entries))
        }
        switch order.key {
        case .creation:
            if way == .numbers, alive {
                let meant = self.rows.map { $0.low...max($0.low, $0.high) } ?? .min ... .max
                return [LivingSessions(at: now, meant, descending: order.descending, after: position)]
            }
            let all =
                equalities?.map { entries, condition in (entries.map(listed), condition) }
                ?? [(through, through?.condition)]
            return all.map { entries, condition in
                rows(
                    [entries == nil ? query.number : "e.session_id"], of: entries, where: condition,
                    low: self.rows?.low,
                    high: self.rows?.high)
            }
        case .lastSeen:
            // Alive means seen within one's own timeout, so each timeout's part of the index begins there.
            return try idleTimeouts().map { timeout in
                let longAgo = now - .milliseconds(timeout)
                // And idle that its timeout is over.
                let newest = [lastSeenAtMost, filter.meantStates == [.idleExpired] ? longAgo : nil].compactMap { $0 }
                    .min()
                return rows(
                    ["e.last_seen_at", "e.session_id"], of: listed(.lastSeen), where: "e.idle_timeout = \(timeout)",
                    low: alive ? (longAgo + .milliseconds(1)).milliseconds : nil, high: newest?.milliseconds)
            }
        case .expiry:
            let span = unendedSpan
            // Nobody lives longer than a timeout beyond what was last seen.
            let longest = try lastSeenAtMost == nil ? nil : idleTimeouts().last
            let idle = lastSeenAtMost.flatMap { last in longest.map { last + .milliseconds($0) } }
            let latest = [filter.expiresWithin.map { now + $0 }, idle].compactMap { $0?.milliseconds }.min()
            let unended = span.map { span in
                rows(
                    ["e.alive_until", "e.absolute_expires_at", "e.session_id"], of: listed(.end),
                    where: "e.ended_at = 0",
                    low: span.low, high: [span.high, latest].compactMap { $0 }.min())
            }
            let ended =
                filter.meantStates.contains(.ended)
                ? rows(
                    ["e.ended_at", "e.alive_until", "e.absolute_expires_at", "e.session_id"], of: listed(.end), low: 1)
                : nil
            return [unended, ended].compactMap { $0 }
        }
    }

    private var lastSeenAtMost: Instant? { filter.idleOver.map { now - $0 - .milliseconds(1) } }

    /// More streams than this are not worth merging.
    private static let mostStreams = 32

    /// The exact values of the narrowest condition that has an index by value and number, a stream for each.
    private var equalities: [(SessionEntries?, SQL)]? {
        if let users, userPatterns.isEmpty, users.count <= Self.mostStreams {
            return users.map { (.user, "e.user_id = \($0)") }
        }
        let devices = Set(filter.devices).sorted()
        if !devices.isEmpty, devices.count <= Self.mostStreams {
            return devices.map { (.device, "e.device = \($0)") }
        }
        let addresses = Set(filter.networks.map { $0.first == $0.last ? $0.first : nil })
        if !addresses.isEmpty, addresses.count <= Self.mostStreams, !addresses.contains(nil) {
            return addresses.compactMap { $0 }.sorted().map { (.ip, "e.ip = \($0)") }
        }
        if let keys, keys.count <= Self.mostStreams { return keys.map { (nil, "s.access_key = \($0)") } }
        if let clients, clients.count <= Self.mostStreams {
            return clients.map { (nil, "s.client_id = \($0)") }
        }
        return nil
    }

    /// The timeouts that sessions were ever given, found by skipping through their entries.
    private func idleTimeouts() throws -> [Int64] {
        var found: [Int64] = []
        var last = Int64.min
        while let next: Int64 = try sql.value(
            "SELECT idle_timeout FROM session_by_last_seen WHERE idle_timeout > \(last) ORDER BY idle_timeout LIMIT 1")
        {
            found.append(next)
            last = next
        }
        return found
    }

    /// Between which deadlines sessions lie that were not ended and may be in one of the states; nil where none can.
    private var unendedSpan: (low: Int64?, high: Int64?)? {
        let states = filter.meantStates
        let dead = states.contains(.expired) || states.contains(.idleExpired)
        var lows: [Int64] = []
        if states.contains(.active) { lows.append(now.milliseconds + 1) }
        if states.contains(.loggedOut), let lowestFloor { lows.append(lowestFloor.milliseconds + 1) }
        guard dead || !lows.isEmpty else { return nil }
        return (dead ? nil : lows.min(), lows.isEmpty ? now.milliseconds : nil)
    }

    // MARK: Candidates

    /// Those that tend to be few come first. The entries that the streams themselves go through are none.
    private func candidates(_ order: SessionOrder, and more: SQL) throws -> [Candidates] {
        var all: [Candidates] = []
        if var ofUsers {
            ofUsers.query = query(and: more, ofUsersMeant: true)
            all.append(ofUsers)
        }
        if !filter.devices.isEmpty {
            all.append(union(["device IN " + SQL.list(filter.devices)], of: .device))
        }
        if !filter.networks.isEmpty {
            all.append(union(ofNetworks("ip"), of: .ip))
        }
        if let keys { all.append(union(["access_key IN " + SQL.list(keys)])) }
        if let clients { all.append(union(["client_id IN " + SQL.list(clients)])) }
        if let rows, order.key != .creation {
            // An entry tells its session's number, so a walk looks at no row that is not among them.
            var ofTimes = union(["id BETWEEN \(rows.low) AND \(rows.high)"])
            ofTimes.price = 32
            all.append(ofTimes)
        }
        if let idleOver = filter.idleOver, order.key != .lastSeen {
            all.append(
                union(
                    try idleTimeouts().map { timeout in
                        let oldest = alive ? now - .milliseconds(timeout) : .epoch
                        return
                            "idle_timeout = \(timeout) AND last_seen_at > \(oldest) AND last_seen_at < \(now - idleOver)"
                    }, of: .lastSeen))
        }
        if let bornAfterFloor { all.append(bornAfterFloor) }
        if let ofStates, order.key != .expiry {
            // By creation, the living are looked for where some are.
            all.append(Candidates(rows: ofStates.rows, isVague: !all.isEmpty || alive && order.key == .creation))
        }
        return all
    }

    private func union(_ conditions: [SQL], of entries: SessionEntries? = nil) -> Candidates {
        // Where no session was ever given a timeout, none was seen within one.
        let parts = (conditions.isEmpty ? ["1 = 0"] : conditions).map { condition in
            entries.map { number($0, "session_id") + " FROM \(raw: $0.table) e WHERE " + condition }
                ?? "SELECT id FROM session WHERE " + condition
        }
        return Candidates(rows: parts.joined(by: " UNION ALL "))
    }

    /// The number of an entry's session, or 0 where the entry says that it is not meant.
    private func number(_ entries: SessionEntries, _ column: StaticString) -> SQL {
        "SELECT CASE WHEN " + entryCondition(entries) + " THEN \(raw: column) ELSE 0 END"
    }

    private var ofUsers: Candidates? {
        guard let users, !userPatterns.contains(where: \.scans) else { return nil }
        let exact = union(["user_id IN " + SQL.list(users)], of: .user)
        guard !userPatterns.isEmpty else { return exact }
        let found: [SQL] = userPatterns.map { pattern in
            number(.user, "e.session_id") + " FROM user v CROSS JOIN session_by_user e WHERE e.user_id = v.id AND "
                + pattern.condition("v.subject")
        }
        return Candidates(
            rows: ((users.isEmpty ? [] : [exact.rows]) + found).joined(by: " UNION ALL "), through: userPatterns.users)
    }

    private var ofStates: Candidates? {
        guard filter.meantStates.count < SessionState.allCases.count || filter.expiresWithin != nil else { return nil }
        var parts: [SQL] = []
        if filter.meantStates.contains(.ended) { parts.append("ended_at > 0") }
        if let span = unendedSpan {
            let low: SQL = span.low.map { "alive_until >= \($0)" } ?? "alive_until > 0"
            let latest = filter.expiresWithin.map { (now + $0).milliseconds }
            let high: SQL? = [span.high, latest].compactMap { $0 }.min().map { "alive_until <= \($0)" }
            parts.append((["ended_at = 0", low] + [high].compactMap { $0 }).allOf)
        }
        return parts.isEmpty ? nil : union(parts, of: .end)
    }

    /// After everyone was logged out, the living are those that logged in since, and those that were kept.
    private var bornAfterFloor: Candidates? {
        guard alive, let firstAfterFloor else { return nil }
        return union(["id >= \(firstAfterFloor)", "valid_from > created_at AND valid_from > \(floor)"])
    }
}
