import Testing
import TokenStorage

@testable import TokenLifecycle

/// What CLI.md promises to be indexed is: no statement of a list goes through a table or sorts, whatever is filtered and in
/// whatever order. Judged without statistics, as in production, where nobody runs ANALYZE.
@Suite struct `The plan of a list` {
    private func plans(_ statements: [SQL], _ test: TestStore) throws -> [(SQL, [String])] {
        try test.read { reader in try statements.map { ($0, try reader.sql.queryPlan($0)) } }
    }

    private func expectIndexed(_ statements: [SQL], _ test: TestStore, _ what: String) throws {
        #expect(!statements.isEmpty, "\(what)")
        for (statement, plan) in try plans(statements, test) {
            #expect(
                !plan.contains { $0.contains("SCAN") && !$0.contains("SCAN (") }, "\(what): \(statement.text) \(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(what): \(statement.text) \(plan)")
        }
    }

    static let filters: [(String, @Sendable (inout SessionFilter) throws -> Void)] = [
        ("nothing", { _ in }), ("user", { $0.users = ["alice"] }), ("users", { $0.users = ["alice", "user12"] }),
        ("beginning of a user", { $0.users = ["user1*"] }), ("user or beginning", { $0.users = ["alice", "user1*"] }),
        ("long beginning", { $0.users = ["user-x7 and more*"] }),
        (
            "beginning and client",
            {
                $0.users = ["user1*"]; $0.clients = ["web"]
            }
        ),
        ("client", { $0.clients = ["web"] }), ("beginning of a client", { $0.clients = ["w*"] }),
        ("address", { $0.networks = [try IPNetwork("192.0.2.7")] }),
        ("IPv4 network", { $0.networks = [try IPNetwork("192.0.2.0/24")] }),
        ("IPv6 network", { $0.networks = [try IPNetwork("2001:db8::/32")] }),
        ("networks", { $0.networks = [try IPNetwork("192.0.2.0/24"), try IPNetwork("2001:db8::/32")] }),
        ("key", { $0.keys = ["spring-2026"] }), ("keys", { $0.keys = ["spring-2026", "summer"] }),
        ("device", { $0.devices = ["device 1"] }), ("devices", { $0.devices = ["device 1", "device 2"] }),
        ("since", { $0.since = .t0 - .days(3) }), ("until", { $0.until = .t0 - .days(3) }),
        ("idle over", { $0.idleOver = .hours(2) }), ("expires within", { $0.expiresWithin = .hours(1) }),
        (
            "several",
            {
                $0.users = ["alice"]; $0.clients = ["web"]; $0.devices = ["device 1"]; $0.since = .t0 - .days(9)
            }
        ),
    ]

    @Test(arguments: filters.indices)
    func `of sessions and of families follows an index`(index: Int) throws {
        let (name, change) = Self.filters[index]
        let data = try ListData(60, seed: 1)
        let states = [Set<SessionState>(), Set(SessionState.allCases)] + SessionState.allCases.map { [$0] }
        for states in states {
            var filter = SessionFilter()
            try change(&filter)
            filter.states = states
            for order in `Lists of sessions`.orders {
                let statements = try data.test.read { try SessionCondition(filter, $0).walk(order).statements }
                try expectIndexed(statements, data.test, "\(name) \(states) \(order)")
                var families = FamilyFilter()
                families.session = filter
                for replayed in [false, true] {
                    families.replayed = replayed
                    let ofFamilies = try data.test.read {
                        try SessionCondition(filter, $0).walk(families, order, after: nil).statements
                    }
                    try expectIndexed(ofFamilies, data.test, "families: \(name) \(order)")
                }
            }
        }
    }

    @Test(arguments: [["user1*"], ["user1*", "alice"], ["user-x7 and more*"]])
    func `of a beginning looks at the rows of no other users`(users: [String]) throws {
        let data = try ListData(60, seed: 4)
        var filter = SessionFilter()
        filter.users = users
        for (states, clients) in [(Set<SessionState>(), []), (Set(SessionState.allCases), []), ([], ["web"])] {
            filter.states = states
            filter.clients = clients
            // The newest of a client lie in an index of its own, which goes first.
            let orders = `Lists of sessions`.orders.filter { clients.isEmpty || $0.key != .creation || !$0.descending }
            for order in orders {
                let streams = try data.test.read { reader in
                    let walk = try SessionCondition(filter, reader).walk(order)
                    return walk.streams.flatMap { $0.statements(walk.query) }.filter { $0.text.contains("session s") }
                }
                #expect(!streams.isEmpty)
                for (statement, plan) in try plans(streams, data.test) {
                    let subject = plan.firstIndex { $0.hasPrefix("SEARCH n USING INTEGER PRIMARY KEY") }
                    let session = plan.firstIndex { $0.hasPrefix("SEARCH s USING INTEGER PRIMARY KEY") }
                    #expect(try #require(subject) < #require(session), "\(order) \(statement.text) \(plan)")
                }
            }
        }
    }

    @Test(arguments: [[], ["user1*"]])
    func `of replayed families goes through those alone`(users: [String]) throws {
        let data = try ListData(60, seed: 4)
        var families = FamilyFilter()
        families.replayed = true
        families.session.users = users
        for states in [Set<SessionState>(), Set(SessionState.allCases)] {
            families.session.states = states
            for order in `Lists of sessions`.orders where order.key == .creation {
                let streams = try data.test.read { reader in
                    let walk = try SessionCondition(families.session, reader).walk(families, order, after: nil)
                    return walk.streams.flatMap { $0.statements(walk.query) }
                }
                #expect(!streams.isEmpty)
                for (statement, plan) in try plans(streams, data.test) {
                    #expect(plan[0].contains("COVERING INDEX refresh_family_by_replay"), "\(statement.text) \(plan)")
                }
            }
        }
    }

    @Test func `of users follows their names or numbers`() throws {
        let data = try ListData(60, seed: 2)
        for names in [[], ["user1*"], ["*1", "a*"]] {
            for key in UserOrder.Key.allCases {
                for descending in [false, true] {
                    var filter = UserFilter()
                    filter.names = names
                    filter.clients = ["web"]
                    filter.since = .t0 - .days(90)
                    let order = UserOrder(key, descending: descending)
                    let after = [nil, ListPosition(numbers: [5, 5], text: "user12")]
                    let statements = try data.test.read { reader in
                        try after.flatMap { position in
                            let walk = try UserWalk(filter, order, after: position, reader)
                            return [walk.statement] + walk.candidates(reader).map(\.rows)
                        }
                    }
                    try expectIndexed(statements, data.test, "\(names) \(order)")
                }
            }
        }
    }

    @Test func `of rules and events follows their numbers`() throws {
        let test = try TestStore(nil)
        var rules = DenyRuleFilter()
        rules.users = ["alice", "b*"]
        rules.values = ["x"]
        rules.expiresWithin = .hours(1)
        rules.since = .t0
        var events = AuditFilter()
        events.targets = ["alice", "user b*"]
        events.since = .t0
        for descending in [true, false] {
            let statements = try test.read { reader in
                try reader.denyRuleWalk(rules, descending: descending, after: nil).statements
                    + reader.denyRuleWalk(DenyRuleFilter(), descending: descending, after: nil).statements
                    + reader.auditWalk(events, descending: descending, after: nil).statements
                    + reader.auditWalk(AuditFilter(), descending: descending, after: nil).statements
            }
            try expectIndexed(statements, test, "rules and events")
        }
    }

    @Test func `holds for every statement that is really run`() throws {
        let data = try ListData(400, seed: 3)
        let steps = try data.test.plans { reader in
            for (_, change) in Self.filters {
                var filter = SessionFilter()
                try change(&filter)
                for order in `Lists of sessions`.orders {
                    let page = try reader.sessions(filter, in: order, limit: 5)
                    _ = try reader.sessions(filter, in: order, after: page.next, limit: 5)
                    var families = FamilyFilter()
                    families.session = filter
                    _ = try reader.families(families, in: order, limit: 5)
                }
            }
            _ = try reader.users(limit: 5)
            _ = try reader.denyRules(limit: 5)
            _ = try reader.auditEvents(limit: 5)
        }
        #expect(steps.count > 1000)
        for (step, sql) in steps {
            let scans = [
                "SCAN session", "SCAN s", "SCAN n", "SCAN session_subject", "SCAN m", "SCAN f", "SCAN refresh_family",
                "SCAN u", "SCAN user",
            ]
            #expect(!scans.contains { step == $0 || step.hasPrefix($0 + " ") }, "\(step): \(sql)")
            #expect(!step.contains("TEMP B-TREE"), "\(step): \(sql)")
        }
    }

    @Test func `would be noticed if it scanned or sorted`() throws {
        let test = try TestStore(nil)
        let (_, scan) = try plans(["SELECT id FROM session WHERE user_agent = 'x'"], test)[0]
        #expect(scan.contains { $0.contains("SCAN") })
        let (_, sort) = try plans(["SELECT id FROM session WHERE user_id = 1 ORDER BY user_agent"], test)[0]
        #expect(sort.contains { $0.contains("TEMP B-TREE") })
    }
}
