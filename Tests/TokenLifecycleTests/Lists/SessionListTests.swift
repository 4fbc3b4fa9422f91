import Testing
import TokenStorage

@testable import TokenLifecycle

/// Every list is held against the same question asked in Swift, row by row: whatever way it took, it must show the same.
@Suite struct `Lists of sessions` {
    static let orders = SessionOrder.Key.allCases.flatMap {
        [SessionOrder($0, descending: false), SessionOrder($0, descending: true)]
    }

    /// From "gather at once" over "as ever" to "walk to the end".
    static let allowances = [1 << 20, 1000, 64, 1]

    @Test(arguments: [(UInt64(1), 0.2, true), (2, 0.01, true), (3, 0.9, false)])
    func `show what the filter means, in every order, whatever way they take`(
        seed: UInt64, alive: Double, floors: Bool
    ) throws {
        let data = try ListData(2500, alive: alive, floors: floors, seed: seed)
        var random = SeededRandom(seed &* 77)
        var rows = 0
        for _ in 0..<60 {
            let filter = try SessionFilter.random(&random, at: data.now)
            let expected = data.matches(filter)
            rows += expected.count
            for order in Self.orders {
                let sorted = data.sorted(expected, order).map(\.id.row)
                for allowance in Self.allowances {
                    let found = try data.test.read { reader in
                        var walk = try SessionCondition(filter, reader).walk(order)
                        walk.allowance = allowance
                        return try walk.next(.max, reader.sql).map(\.row)
                    }
                    #expect(found == sorted, "\(filter) \(order) \(allowance)")
                }
            }
            let counts = try data.test.read {
                (try $0.countSessions(filter), try $0.countSessions(filter, upTo: 10))
            }
            #expect(counts == (expected.count, min(10, expected.count)), "\(filter)")
        }
        #expect(rows > 1000)
    }

    @Test func `go on where the last page ended, whatever its size`() throws {
        let data = try ListData(600, seed: 4)
        var random = SeededRandom(99)
        for _ in 0..<20 {
            var filter = try SessionFilter.random(&random, at: data.now)
            filter.notUsers = []
            for order in Self.orders {
                let expected = data.sorted(data.matches(filter), order).map(\.id)
                let size = Int.random(in: 1...9, using: &random)
                var found: [Session.ID] = []
                var position: ListPosition?
                repeat {
                    let page = try data.test.read { reader in
                        try reader.sessions(filter, in: order, after: position, limit: size)
                    }
                    #expect(page.items.count == size || page.next == nil)
                    found += page.items.map(\.id)
                    position = page.next
                } while position != nil
                #expect(found == expected, "\(filter) \(order) \(size)")
            }
        }
    }

    @Test func `begin with the newest, and among the dead with what died last`() throws {
        let data = try ListData(300, seed: 5)
        try data.test.read { reader in
            let newest = try reader.sessions(SessionFilter(), limit: 20).items.map(\.createdAt)
            #expect(newest == newest.sorted(by: >))
            var dead = SessionFilter()
            dead.states = [.ended, .expired]
            let latest = try reader.sessions(dead, limit: 20).items.map(\.aliveUntil)
            #expect(latest == latest.sorted(by: >) && latest.count == 20)
            // Each by a floor of its own, of which no index knows.
            dead.states = [.loggedOut]
            let loggedOut = try reader.sessions(dead, limit: 20).items.map(\.createdAt)
            #expect(loggedOut == loggedOut.sorted(by: >) && loggedOut.count > 1)
            dead.states = [.ended, .expired, .active]
            let mixed = try reader.sessions(dead, limit: 20).items.map(\.createdAt)
            #expect(mixed == mixed.sorted(by: >))
        }
    }

    @Test func `begin with what ends first or was idle longest where that is asked for`() throws {
        let data = try ListData(300, alive: 0.9, seed: 5)
        try data.test.read { reader in
            var ending = SessionFilter()
            ending.expiresWithin = .days(90)
            let ends = try reader.sessions(ending, limit: 20).items.map(\.aliveUntil)
            #expect(ends == ends.sorted() && ends.count == 20)
            var idle = SessionFilter()
            idle.idleOver = .seconds(1)
            let seen = try reader.sessions(idle, limit: 20).items.map(\.lastSeenAt)
            #expect(seen == seen.sorted() && seen.count == 20)
            for states: Set<SessionState> in [Set(SessionState.allCases), [.ended]] {
                idle.states = states
                let last = try reader.sessions(idle, limit: 9).items.map(\.lastSeenAt)
                #expect(last == last.sorted(by: >) && last.count == 9)
            }
            idle.states = [.expired, .idleExpired]
            let over = try reader.sessions(idle, limit: 9).items.map(\.aliveUntil)
            #expect(over == over.sorted(by: >) && over.count == 9)
            ending.states = Set(SessionState.allCases)
            let all = try reader.sessions(ending, limit: 20).items.map(\.createdAt)
            #expect(all == all.sorted(by: >) && all.count == 20)
        }
    }

    @Test func `tell users apart by what is known of their names, and by the rest`() throws {
        let data = try ListData(2500, seed: 13)
        // Up to the eight characters that are known, and further; of several bytes each; together with names in full.
        let all = [
            ["user1*"], ["user-x7*"], ["usër-n*"], ["usër-né-7*"], ["usër-né-77*"], ["usër-né-777*"],
            ["user2*", "alice", "usër-né-777"],
            ["user-x77*", "user-x14*"], ["ali*", "alicf"], ["user-x*", "*9"], ["user1*", "u*9"], ["*"],
        ]
        for (users, clients) in all.map({ ($0, []) }) + [
            (["user2*", "alice"], ["kiosk"]), (["user-x77*"], ["web", "ios"]),
        ] {
            var filter = SessionFilter()
            filter.users = users
            filter.clients = clients
            for states in [Set<SessionState>(), Set(SessionState.allCases)] {
                filter.states = states
                for order in Self.orders {
                    let expected = data.sorted(data.matches(filter), order).map(\.id.row)
                    #expect(states.isEmpty || !expected.isEmpty, "\(users)")
                    for (allowance, page) in Self.allowances.map({ ($0, Int.max) }) + [(1, 3), (64, 20)] {
                        let found = try data.test.read { reader in
                            var walk = try SessionCondition(filter, reader).walk(order)
                            walk.allowance = allowance
                            var found: [Int64] = []
                            while case let some = try walk.next(page, reader.sql).map(\.row), !some.isEmpty {
                                found += some
                            }
                            return found
                        }
                        #expect(found == expected, "\(filter) \(order) \(allowance)")
                    }
                }
            }
        }
    }

    @Test func `take more names and addresses than a statement has terms`() throws {
        let test = try TestStore(nil)
        let count = 1100
        let users = (1...count).map { "user\($0)" }
        let networks = try (1...count).map { try IPNetwork("10.0.\($0 / 256).\($0 % 256)") }
        try test.store.database.write { transaction in
            for (user, network) in zip(users, networks) {
                try transaction.execute("INSERT INTO user (subject, created_at) VALUES (\(user), 1)")
                try transaction.execute("INSERT INTO client (client_id, created_at) VALUES (\("app " + user), 1)")
                try transaction.execute(
                    """
                    INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                        absolute_expires_at, alive_until, secret_hash, ip)
                    SELECT u.id, c.id, \(test.now), \(test.now), \(test.now), \(test.now), 60000, \(test.now + .minutes(1)),
                        \(test.now + .minutes(1)), x'00', \(network.first)
                    FROM user u CROSS JOIN client c WHERE u.subject = \(user) AND c.client_id = \("app " + user)
                    """)
            }
        }
        let filters: [(inout SessionFilter) -> Void] = [
            { $0.users = users }, { $0.users = users + ["nobody*"] }, { $0.users = users + ["*body"] },
            { $0.clients = ["app*"] }, { $0.networks = networks },
        ]
        for change in filters {
            var filter = SessionFilter()
            change(&filter)
            for order in Self.orders {
                #expect(try test.read { try $0.sessions(filter, in: order, limit: .max) }.items.count == count)
            }
            #expect(try test.read { try $0.countSessions(filter) } == count)
        }
    }

    @Test(arguments: `The plan of a list`.filters.indices)
    func `are empty where there is no session`(index: Int) throws {
        let test = try TestStore(nil)
        var filter = SessionFilter()
        try `The plan of a list`.filters[index].1(&filter)
        filter.keys = []
        for states in [Set<SessionState>(), Set(SessionState.allCases)] + SessionState.allCases.map({ [$0] }) {
            filter.states = states
            try test.read { reader in
                for order in Self.orders {
                    let sessions = try reader.sessions(filter, in: order, limit: 5)
                    #expect(sessions.items.isEmpty && sessions.next == nil)
                    var families = FamilyFilter()
                    families.session = filter
                    #expect(try reader.families(families, in: order, limit: 5).items.isEmpty)
                }
                #expect(try reader.countSessions(filter) == 0)
            }
        }
    }

    @Test(arguments: [400, 401])
    func `hold four hundred conditions that need a term each, and refuse more`(count: Int) throws {
        let test = try TestStore(nil)
        let names = (0..<count).map { "user\($0 + 10_000_000)*" }
        var sessions: [SessionFilter] = []
        for path in [\SessionFilter.users, \.notUsers, \.clients, \.notClients] {
            var filter = SessionFilter()
            filter[keyPath: path] = names
            sessions.append(filter)
        }
        var networks = SessionFilter()
        networks.networks = try (0..<count).map { try IPNetwork("10.\($0 / 256).\($0 % 256).0/24") }
        var rules = DenyRuleFilter()
        rules.users = names
        var events = AuditFilter()
        events.targets = names
        func refused(_ read: (StoreReader) throws -> Void) throws -> Bool {
            do { try test.read(read) } catch let failure as Failure where failure.kind == .usage { return true }
            return false
        }
        let refusals =
            try (sessions + [networks]).map { filter in
                try refused { reader in
                    for order in Self.orders { _ = try reader.sessions(filter, in: order, limit: 5) }
                    _ = try reader.countSessions(filter)
                }
            } + [
                refused { _ = try $0.denyRules(rules, limit: 5) }, refused { _ = try $0.auditEvents(events, limit: 5) },
            ]
        #expect(refusals == Array(repeating: count > 400, count: 7))
    }

    @Test func `refuse a position of another kind of list`() throws {
        let data = try ListData(10, seed: 6)
        let kind = try failure {
            _ = try data.test.read { try $0.sessions(SessionFilter(), after: ListPosition(text: "web"), limit: 5) }
        }
        #expect(kind == .usage)
    }

    @Test(arguments: [97, 211, 307, 331, 353])
    func `go past a gap that no numbers of ours leave`(rare: Int) throws {
        let data = try ListData(400, alive: 0.9, seed: 12)
        let columns: SQL = """
            user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout, absolute_expires_at, alive_until,
            secret_hash
            """
        try data.test.tamper(
            "INSERT INTO session (id, " + columns + ") SELECT id + \(Int64(1) << 53 - 1000), " + columns
                + " FROM session")
        var filter = SessionFilter()
        filter.states = Set(SessionState.allCases)
        for allowance in Self.allowances {
            let found = try data.test.read { reader in
                var walk = try SessionCondition(filter, reader).walk(
                    SessionOrder(.creation, descending: true), and: "s.id % \(rare) = 0")
                walk.allowance = allowance
                return try walk.next(.max, reader.sql).map(\.row)
            }
            #expect(found == found.sorted(by: >) && (found.last ?? .max) < 1000, "\(allowance)")
        }
    }

    @Test func `find the row of an instant between the gaps`() throws {
        let data = try ListData(400, seed: 7)
        try data.test.read { reader in
            for session in data.sessions {
                for offset in [Int64(-1), 0, 1] {
                    let instant = session.createdAt + .milliseconds(offset)
                    let row = try reader.firstRow(of: .session, createdAtOrAfter: instant)
                    for other in data.sessions { #expect((other.id.row >= row) == (other.createdAt >= instant)) }
                }
            }
            #expect(try reader.firstRow(of: .denyRule, createdAtOrAfter: data.now) == 0)
        }
    }
}
