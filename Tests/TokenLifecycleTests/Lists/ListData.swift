import TokenStorage

@testable import TokenLifecycle

/// A store with logins as they come in the course of two months: every state, both families of addresses, timeouts of
/// several policies, floors and those that outlived them. Written past every operation, so a test can have thousands.
struct ListData {
    let test: TestStore
    let now: Instant
    /// Every session, read row by row and judged in Swift: what lists are held against.
    let sessions: [Session]

    static let keys = ["spring-2026", "summer-2026", "autumn-2026"]
    static let clients = ["web", "ios", "kiosk", "batch", "wild*card"]

    /// `alive` is the share that has not been ended and is not long over.
    init(_ count: Int, alive: Double = 0.2, floors: Bool = true, seed: UInt64) throws {
        let test = try TestStore(nil)
        let now = test.now
        var random = SeededRandom(seed)
        let span: Int64 = 60 * 86_400_000
        let users =
            (0..<max(10, count / 20)).map { "user\($0 % 7 == 0 ? "-x" : "")\($0)" }
            + ["al", "alice", "alicf", "ali*", "usër-né-7", "usër-né-77", "usër-né-777", "usër-né-7777"]
        let everyoneFloor = floors ? now - .days(20) : Instant(milliseconds: 0)
        try test.store.database.write { transaction in
            for user in users {
                try transaction.execute("INSERT INTO user (subject, created_at) VALUES (\(user), \(now - .days(60)))")
            }
            for (index, client) in Self.clients.enumerated() {
                let floor = floors && index == 2 ? now - .hours(5) : Instant(milliseconds: 0)
                try transaction.execute(
                    "INSERT INTO client (client_id, created_at, floor_at) VALUES (\(client), \(now - .days(60)), \(floor))"
                )
            }
            for kid in Self.keys {
                try transaction.execute(
                    "INSERT INTO signing_key (kid, alg, origin, created_at, removed_at) VALUES (\(kid), 'HS256', 'imported', 0, 1)"
                )
            }
            for index in 0..<count {
                try Self.insert(
                    transaction, at: now - .milliseconds(span - span * Int64(index) / Int64(count)), now,
                    users: users.count, alive: alive, everyoneFloor, &random)
            }
            // Cleanup leaves gaps between the numbers.
            try transaction.execute("DELETE FROM session WHERE id % 11 = 3 OR id BETWEEN \(count / 5) AND \(count / 4)")
            try transaction.execute("UPDATE store SET floor_at = \(everyoneFloor), last_write_at = \(now)")
            try transaction.execute(
                """
                INSERT INTO refresh_family (session_id, created_at, generation, secret_hash, replayed_at, ended_at, end_reason, ended_by)
                SELECT id, created_at, 1, x'00', CASE WHEN id % 17 = 0 THEN created_at + 1 END,
                       CASE WHEN id % 17 = 0 OR id % 13 = 0 THEN created_at + 1 END, 'replay', 'tester'
                FROM session WHERE id % 3 = 0 UNION ALL
                SELECT id, created_at, 2, x'00', CASE WHEN id % 17 = 0 THEN created_at + 1 END, NULL, NULL, NULL
                FROM session WHERE id % 15 = 0
                """)
        }
        self.test = test
        self.now = now
        sessions = try test.read { reader in
            let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables + " ORDER BY s.id"
            return try reader.sql.rows(select).map { try Session($0, reader) }
        }
    }

    private static func insert(
        _ transaction: any WriteTransaction, at created: Instant, _ now: Instant, users: Int, alive: Double,
        _ everyoneFloor: Instant, _ random: inout SeededRandom
    ) throws {
        let idle = [3_600_000, 43_200_000, 604_800_000].randomElement(using: &random) ?? 3_600_000
        let age = (now - created).milliseconds
        let absolute = created + .milliseconds(Int64(idle) * 10)
        let lives = Double.random(in: 0..<1, using: &random) < alive
        let seen =
            lives
            ? now - .milliseconds(Int64.random(in: 0...min(age, Int64(idle)), using: &random))
            : created + .milliseconds(Int64.random(in: 0...max(1, age / 3), using: &random))
        let ended = !lives && Bool.random(using: &random) ? seen + .milliseconds(1) : nil
        let until = ended ?? min(seen + .milliseconds(Int64(idle)), absolute)
        let kept = Int.random(in: 0..<100, using: &random) == 0
        let address: IPAddress? =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: nil
            case 1: try IPAddress("2001:db8::\(Int.random(in: 1...9, using: &random))")
            case 2:
                try IPAddress("10.0.\(Int.random(in: 0...3, using: &random)).\(Int.random(in: 0...20, using: &random))")
            default: try IPAddress("192.0.2.\(Int.random(in: 0...255, using: &random))")
            }
        let device = Bool.random(using: &random) ? "device \(Int.random(in: 0..<40, using: &random))" : nil
        let key = Int.random(in: 0...keys.count, using: &random)
        try transaction.execute(
            """
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                absolute_expires_at, alive_until, access_key, secret_hash, ip, device, ended_at, end_reason, ended_by)
            VALUES (\(Int.random(in: 1...users, using: &random)), \(Int.random(in: 1...clients.count, using: &random)),
                \(created), \(created), \(kept ? now - .hours(1) : created), \(seen), \(idle), \(absolute), \(until),
                \(key == 0 ? nil : key), x'00', \(address), \(device), \(ended), \(ended == nil ? nil : "revoked"), \(ended == nil ? nil : "tester"))
            """)
    }
}

extension ListData {
    /// What a filter means, in Swift, row by row.
    func matches(_ filter: SessionFilter) -> [Session] {
        sessions.filter { session in
            func names(_ patterns: [String], _ name: String) -> Bool {
                patterns.contains { NamePattern($0).matches(name) }
            }
            if !filter.users.isEmpty, !names(filter.users, session.user) { return false }
            if names(filter.notUsers, session.user) { return false }
            if !filter.clients.isEmpty, !names(filter.clients, session.client) { return false }
            if names(filter.notClients, session.client) { return false }
            if !filter.exactClients.isEmpty, !filter.exactClients.contains(session.client) { return false }
            if !filter.networks.isEmpty, !filter.networks.contains(where: { session.ip.map($0.contains) ?? false }) {
                return false
            }
            if !filter.keys.isEmpty,
                !(session.accessKey.map { kid in filter.keys.contains { kid.hasPrefix($0) } } ?? false)
            {
                return false
            }
            if !filter.devices.isEmpty, !(session.device.map(filter.devices.contains) ?? false) { return false }
            if let since = filter.since, session.createdAt < since { return false }
            if let until = filter.until, session.createdAt >= until { return false }
            if let idle = filter.idleOver, session.lastSeenAt >= now - idle { return false }
            if let within = filter.expiresWithin, session.aliveUntil > now + within { return false }
            return (filter.states.isEmpty ? [.active] : filter.states).contains(session.state(at: now))
        }
    }

    func sorted(_ sessions: [Session], _ order: SessionOrder) -> [Session] {
        let up = sessions.sorted { a, b in
            let (first, second) =
                switch order.key {
                case .creation: (a.createdAt, b.createdAt)
                case .lastSeen: (a.lastSeenAt, b.lastSeenAt)
                case .expiry: (a.aliveUntil, b.aliveUntil)
                }
            return (first, a.id.row) < (second, b.id.row)
        }
        return order.descending ? up.reversed() : up
    }
}

extension SessionFilter {
    /// Some conditions at random, from those an operator would give.
    static func random(_ random: inout SeededRandom, at now: Instant) throws -> SessionFilter {
        var filter = SessionFilter()
        func sometimes(_ share: Int = 5) -> Bool { Int.random(in: 0..<share, using: &random) == 0 }
        func some(_ values: [String]) -> [String] {
            Array(values.shuffled(using: &random).prefix(.random(in: 1...3, using: &random)))
        }
        if sometimes() {
            filter.users = some(["alice", "ali*", "user1*", "user-x7", "nobody", "*5", "user12", "*", "usër-né-77*"])
        }
        if sometimes(9) { filter.notUsers = some(["user2*", "alice"]) }
        if sometimes() { filter.clients = some(["web", "kiosk", "w*", "nothing", "*s"]) }
        if sometimes(9) { filter.notClients = some(["web", "ki*"]) }
        if sometimes(9) { filter.exactClients = some(["wild*card", "web"]) }
        if sometimes() {
            filter.networks = try some(["10.0.1.0/24", "192.0.2.7", "2001:db8::/32", "0.0.0.0/0", "10.0.0.3", "::/0"])
                .map { try IPNetwork($0) }
        }
        if sometimes() { filter.devices = some((0..<6).map { "device \($0)" } + ["none"]) }
        if sometimes(9) { filter.keys = some(["spring", "summer-2026", "autumn-"]) }
        if sometimes(2) {
            filter.states = Set(SessionState.allCases.filter { _ in Bool.random(using: &random) })
        }
        if sometimes() { filter.since = now - .hours(Int64.random(in: 0...1600, using: &random)) }
        if sometimes() { filter.until = now - .hours(Int64.random(in: -5...1600, using: &random)) }
        if sometimes() { filter.idleOver = .minutes(Int64.random(in: 0...20_000, using: &random)) }
        if sometimes() { filter.expiresWithin = .minutes(Int64.random(in: 0...20_000, using: &random)) }
        return filter
    }
}
