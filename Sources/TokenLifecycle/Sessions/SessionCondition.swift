internal import TokenStorage

/// A filter whose names have been looked up, as the condition on each row.
///
/// Columns stand in expressions (`s.user_id + 0`), so that no planner leaves the index that gives the order for one that
/// one of many conditions might use: which index is used is decided where the rows are read, not here.
struct SessionCondition {
    let filter: SessionFilter
    /// The users that are named in full and exist; nil where no user was asked for.
    let users: [Int64]?
    let userPatterns: [NamePattern]
    /// The clients that are meant; nil where none was asked for.
    let clients: [Int64]?
    /// The keys that are meant; nil where none was asked for.
    let keys: [Int64]?
    let rows: (low: Int64, high: Int64)?
    let now: Instant
    /// Of everyone.
    let floor: Instant
    /// Below which sessions of some client, or of everyone, are logged out: the lowest of them; nil where there is none.
    let lowestFloor: Instant?
    let sql: any ReadTransaction
    /// The number of the first session that began after everyone was logged out; nil where nobody was.
    let firstAfterFloor: Int64?

    /// Fails with `.notFound` for a key that does not exist.
    init(_ filter: SessionFilter, _ store: some StoreReading) throws {
        self.filter = filter
        for names in [filter.users, filter.notUsers, filter.clients, filter.notClients] {
            try store.requireFew(names.count { NamePattern($0).exact == nil }, "names with a *")
        }
        try store.requireFew(filter.notUsers.count + filter.notClients.count, "names that are not meant")
        try store.requireFew(filter.networks.count { $0.first != $0.last }, "networks")
        sql = store.sql
        now = store.now
        floor = store.facts.floor
        let patterns = filter.users.map(NamePattern.init)
        userPatterns = patterns.filter { $0.exact == nil }
        users =
            filter.users.isEmpty
            ? nil : try Set(patterns.compactMap(\.exact).compactMap { try store.userRow(knownAs: $0) }).sorted()
        clients = try Self.clients(filter, store)
        keys = filter.keys.isEmpty ? nil : try Set(filter.keys.map { try store.key(named: $0).row }).sorted()
        rows = try store.rows(of: .session, since: filter.since, until: filter.until)
        let ofClient: Instant? = try store.sql.row("SELECT min(floor_at) FROM client WHERE floor_at > 0")?.get(0)
        let ofEveryone = floor.milliseconds > 0 ? floor : nil
        lowestFloor = [ofClient, ofEveryone].compactMap { $0 }.min()
        firstAfterFloor = try ofEveryone.map {
            try store.firstRow(of: .session, createdAtOrAfter: $0 + .milliseconds(1))
        }
    }

    private static func clients(_ filter: SessionFilter, _ store: some StoreReading) throws -> [Int64]? {
        guard !filter.clients.isEmpty || !filter.exactClients.isEmpty else { return nil }
        var meant: [SQL] = []
        if !filter.clients.isEmpty { meant.append(filter.clients.map(NamePattern.init).condition("client_id")) }
        if !filter.exactClients.isEmpty { meant.append("client_id IN " + SQL.list(filter.exactClients)) }
        return try store.sql.integers("SELECT id FROM client WHERE " + meant.allOf).sorted()
    }

    /// Whether nothing can match: every name that was asked for is unknown, or nothing is below a floor.
    var isImpossible: Bool {
        users?.isEmpty == true && userPatterns.isEmpty || clients?.isEmpty == true
            || filter.meantStates == [.loggedOut] && lowestFloor == nil
            || rows.map { $0.low > $0.high } ?? false
    }

    /// On `s`, with its client `c` and its user `u` where they matter; where names with some beginning are meant, after what
    /// is known of them (`n`), unless a condition on `s` has an index of its own to go by. Of sessions that are known to be of
    /// the users that are meant, nothing of that is asked.
    func query(and more: SQL = "1 = 1", bySubject: Bool = true, ofUsersMeant: Bool = false) -> ListQuery {
        var joined: SQL = ""
        var all: [SQL] = []
        let goesByBeginnings = goesByBeginnings && !ofUsersMeant
        if goesByBeginnings {
            joined += bySubject ? " CROSS JOIN session s" : " CROSS JOIN session_subject n"
            all += [
                "s.id = n.session_id", filter.users.map(NamePattern.init).condition(ofBeginning: "n.beginning"),
            ]
        }
        if lowestFloor != nil || !filter.notClients.isEmpty {
            joined += " CROSS JOIN client c"
            all.append("c.id = s.client_id")
        }
        if !filter.notUsers.isEmpty || !ofUsersMeant && !userPatterns.allSatisfy(isDecidedByBeginning) {
            joined += " CROSS JOIN user u"
            all.append("u.id = s.user_id")
        }
        if !ofUsersMeant, let ofUsers { all.append(ofUsers) }
        all += details
        let condition = (all + [stateCondition, more]).allOf
        return bySubject && goesByBeginnings
            ? ListQuery(table: "session_subject n", number: "n.session_id", joined: joined, condition: condition)
            : ListQuery(table: "session s", number: "s.id", joined: joined, condition: condition)
    }

    /// Whether names with some beginning are meant, and none that only all of it would tell.
    var goesByBeginnings: Bool { !userPatterns.isEmpty && !userPatterns.contains(where: \.scans) }

    /// Whether the beginnings of names leave none but those that match: others may share what is known of a longer one.
    private var beginningsDecide: Bool { !userPatterns.isEmpty && userPatterns.allSatisfy(isDecidedByBeginning) }

    /// The users whom the beginnings of names cannot tell from those that are meant: where they are many, beginnings say little.
    var mistaken: Candidates? {
        let users = userPatterns.filter { !isDecidedByBeginning($0) }.prefix(32).flatMap(\.mistaken)
        return users.isEmpty ? nil : Candidates(rows: users.joined(by: " UNION ALL "))
    }

    private func isDecidedByBeginning(_ pattern: NamePattern) -> Bool {
        goesByBeginnings && pattern.isDecidedByBeginning
    }

    private var ofUsers: SQL? {
        guard let users else { return nil }
        // Then the beginnings have said it all.
        if users.isEmpty, beginningsDecide { return nil }
        let exact: [SQL] = users.isEmpty ? [] : ["s.user_id + 0 IN " + SQL.list(users)]
        let patterns = userPatterns.map { pattern in
            pattern.condition(isDecidedByBeginning(pattern) ? "n.beginning" : "u.subject")
        }
        return (exact + patterns).anyOf
    }

    private var details: [SQL] {
        var all: [SQL] = []
        if !filter.notUsers.isEmpty {
            all.append("NOT " + filter.notUsers.map { NamePattern($0).condition("u.subject") }.anyOf)
        }
        if let clients { all.append("s.client_id + 0 IN " + SQL.list(clients)) }
        if !filter.notClients.isEmpty {
            all.append("NOT " + filter.notClients.map { NamePattern($0).condition("c.client_id") }.anyOf)
        }
        if !filter.networks.isEmpty { all.append(ofNetworks("coalesce(s.ip, NULL)").anyOf) }
        if !filter.devices.isEmpty { all.append("coalesce(s.device, NULL) IN " + SQL.list(filter.devices)) }
        if let keys { all.append("s.access_key + 0 IN " + SQL.list(keys)) }
        if let rows { all.append("s.id + 0 BETWEEN \(rows.low) AND \(rows.high)") }
        if let idleOver = filter.idleOver { all.append("s.last_seen_at + 0 < \(now - idleOver)") }
        if let within = filter.expiresWithin { all.append("s.alive_until + 0 <= \(now + within)") }
        return all
    }

    /// That an address is meant, or lies in a network that is.
    func ofNetworks(_ column: StaticString) -> [SQL] {
        let single = filter.networks.filter { $0.first == $0.last }.map(\.first)
        let wide: [SQL] = filter.networks.filter { $0.first != $0.last }.map {
            "\(raw: column) BETWEEN \($0.first) AND \($0.last)"
        }
        return (single.isEmpty ? [] : ["\(raw: column) IN " + SQL.list(single)]) + wide
    }

    /// What `SessionState` says, in SQL.
    private var stateCondition: SQL { filter.meantStates.sorted { $0.rawValue < $1.rawValue }.map(condition).anyOf }

    func condition(_ state: SessionState) -> SQL {
        let unended: SQL = "s.ended_at + 0 IS NULL"
        return switch state {
        case .ended: "s.ended_at + 0 IS NOT NULL"
        case .loggedOut: "(" + unended + " AND " + (below ?? "1 = 0") + ")"
        case .expired: "(" + unended + " AND s.absolute_expires_at <= \(now)" + notBelow + ")"
        case .idleExpired:
            "(" + unended + " AND s.absolute_expires_at > \(now) AND s.alive_until + 0 <= \(now)" + notBelow + ")"
        case .active: "(" + unended + " AND s.alive_until + 0 > \(now)" + notBelow + ")"
        }
    }

    /// What an entry `e` can tell of the states that are meant, without a look at its session.
    func entryCondition(_ entries: SessionEntries) -> SQL {
        let states = filter.meantStates
        var all: [SQL] = []
        if entries == .lastSeen {
            if !states.contains(.ended) { all.append("e.ended = 0") }
        } else if states.isSubset(of: [.active, .idleExpired]) {
            all.append("e.absolute_expires_at + 0 > \(now)")
        } else if states == [.expired] {
            all.append("e.absolute_expires_at + 0 <= \(now)")
        }
        // A planner that takes rows to be few would sort them, not knowing that they come sorted.
        if let rows { all.append("likelihood(e.session_id + 0 BETWEEN \(rows.low) AND \(rows.high), 1.0)") }
        return all.allOf
    }

    /// Whether a floor ended it while it was alive; nil where no floor was ever set.
    private var below: SQL? {
        guard lowestFloor != nil else { return nil }
        let later: SQL = "CASE WHEN c.floor_at > \(floor) THEN c.floor_at ELSE \(floor) END"
        return "(s.valid_from <= " + later + " AND s.alive_until + 0 > " + later + ")"
    }

    private var notBelow: SQL { below.map { " AND NOT " + $0 } ?? "" }
}
