import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct `Lists of users and clients` {
    @Test(arguments: [1 << 20, 500, 1])
    func `count what is alive, in order of names or of first sight`(allowance: Int) throws {
        let data = try ListData(800, seed: 10)
        let names = try data.test.read { try $0.sql.rows("SELECT subject FROM user ORDER BY id") }
            .map { try $0.get(0, as: String.self) }
        for patterns in [[], ["user1*"], ["alice"], ["*5"], ["user-x*", "ali*"], ["nobody"]] {
            for (state, minimum) in [(false, 0), (true, 0), (false, 3)] {
                var filter = UserFilter()
                filter.names = patterns
                filter.includesGone = state
                filter.minimum = minimum
                let meant = names.filter { name in
                    let live = data.matches(SessionFilter()).count { $0.user == name }
                    return (patterns.isEmpty || patterns.contains { NamePattern($0).matches(name) })
                        && live >= max(minimum, state ? 0 : 1)
                }
                for order in [UserOrder(), UserOrder(.name, descending: true), UserOrder(.creation, descending: true)] {
                    let up = order.key == .name ? meant.sorted { $0.isBefore($1) } : meant
                    var found: [String] = []
                    var position: ListPosition?
                    repeat {
                        let page = try data.test.read { try $0.users(filter, in: order, after: position, limit: 6) }
                        found += page.items.map(\.subject)
                        position = page.next
                    } while position != nil
                    #expect(found == (order.descending ? up.reversed() : up), "\(filter) \(order)")
                }
                #expect(try data.test.read { try $0.countUsers(filter) } == meant.count)
            }
        }
    }

    @Test func `count users at one client alone`() throws {
        let data = try ListData(500, seed: 11)
        var filter = UserFilter()
        filter.clients = ["web"]
        var sessions = SessionFilter()
        sessions.clients = ["web"]
        let expected = Dictionary(grouping: data.matches(sessions), by: \.user).mapValues(\.count)
        let found = try data.test.read { try $0.users(filter, limit: 1000).items }
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.subject, $0.liveSessions) }) == expected)
        #expect(expected.count > 3)
    }

    @Test func `page through clients with their live sessions`() throws {
        let data = try ListData(500, seed: 12)
        let live = Dictionary(grouping: data.matches(SessionFilter()), by: \.client).mapValues(\.count)
        var found: [ListedClient] = []
        var position: ListPosition?
        repeat {
            let page = try data.test.read { try $0.clients(after: position, limit: 2) }
            found += page.items
            position = page.next
        } while position != nil
        #expect(found.map(\.client.clientID) == ListData.clients.sorted { $0.isBefore($1) })
        for client in found { #expect(client.liveSessions == live[client.client.clientID] ?? 0) }
        var some = ClientFilter()
        some.names = ["*i*"]
        let order = ClientOrder(.creation, descending: true)
        let named = try data.test.read { try $0.clients(some, in: order, limit: 9).items.map(\.client.clientID) }
        #expect(named == ["wild*card", "kiosk", "ios"])
    }
}

@Suite struct `A name with stars` {
    @Test(arguments: [
        ("alice", "alice", true), ("alice", "alicf", false), ("ali*", "alice", true), ("ali*", "ali", true),
        ("ali*", "al", false), ("*ce", "alice", true), ("a*c*e", "alice", true), ("a*x*e", "alice", false),
        ("*", "anything", true), ("**", "x", true), ("a*a", "a", false), ("a?c*d", "abcd", false),
        ("[a]*x", "[a]x", true),
        ("straße*", "straßenbahn", true), ("e\u{301}*", "é", false), ("\u{D7FF}*", "\u{D7FF}z", true),
        // A mark that would make one character with the sign beside it.
        ("*\u{301}", "e\u{301}", true), ("\u{600}*", "\u{600}7", true), ("*[\u{301}b", "a[\u{301}b", true),
        ("a?\u{301}*c", "ab\u{301}c", false), ("a*\u{301}*", "abc", false),
        ("\u{10FFFF}*", "\u{10FFFF}a", true), ("a\u{10FFFF}*", "a\u{10FFFF}a", true), ("a\u{10FFFF}*", "b", false),
    ])
    func `means the same in SQL as in Swift`(pattern: String, name: String, matches: Bool) throws {
        let test = try TestStore(nil)
        try test.tamper("INSERT INTO user (subject, created_at) VALUES (\(name), 0)")
        let pattern = NamePattern(pattern)
        #expect(pattern.matches(name) == matches)
        let count: Int? = try test.read {
            try $0.sql.value("SELECT count(*) FROM user WHERE " + pattern.condition("subject"))
        }
        #expect(count == (matches ? 1 : 0))
    }
}
