import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct SessionFilterTests {
    /// One random thing that happens to a store.
    private func happen(in test: TestStore, _ random: inout SeededRandom) throws {
        let client = ["web", "ios", "kiosk"].randomElement(using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            let live = try test.read { try $0.sessions(SessionFilter(), limit: 10).items }
            guard let one = live.randomElement(using: &random) else { return }
            try test.run(SessionRevocation(.ids([one.id.text]), reason: nil))
        case 1:
            guard let known = try test.clientIDs.randomElement(using: &random) else { return }
            try test.run(FloorLogout(.clients([known]), reason: nil))
        case 2 where try test.count("session") > 20:
            let live = try test.read { try $0.sessions(SessionFilter(), limit: 10).items }
            let kept = live.shuffled(using: &random).prefix(2).map(\.id.text)
            try test.run(FloorLogout(.everyone, keep: kept, reason: nil))
        default: try test.logIn(["alice", "bob", "carol"].randomElement(using: &random) ?? "", client: client)
        }
    }

    /// SQL and Swift must agree on what a session is, at every moment and whatever happened to it.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the states that a filter selects are the states that sessions have`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let test = try TestStore(nil)
        try test.set("session.absolute", "50m")
        for _ in 0..<60 {
            test.advance(.seconds(Int64.random(in: 1...600, using: &random)))
            if random.next().isMultiple(of: 8) {
                try test.set("session.idle", random.next().isMultiple(of: 2) ? "2h" : "20m")
            }
            try happen(in: test, &random)
        }
        try test.read { reader in
            var everything = SessionFilter()
            everything.states = Set(SessionState.allCases)
            let all = try reader.sessions(everything, limit: 1000).items
            #expect(try reader.countSessions(everything) == all.count)
            for state in SessionState.allCases {
                var filter = SessionFilter()
                filter.states = [state]
                let found = Set(try reader.sessions(filter, limit: 1000).items.map(\.id))
                let expected = Set(all.filter { $0.state(at: reader.now) == state }.map(\.id))
                #expect(found == expected, "\(state), seed \(seed)")
            }
            #expect(Set(all.map { $0.state(at: reader.now) }).count >= 4, "seed \(seed)")
            #expect(try reader.sessions(SessionFilter(), limit: 1000).items.allSatisfy { $0.isAlive(at: reader.now) })
        }
    }

    private func users(_ test: TestStore, _ change: (inout SessionFilter) throws -> Void) throws -> [String] {
        var filter = SessionFilter()
        try change(&filter)
        return try test.read { try $0.sessions(filter, limit: 100).items.map(\.user).sorted() }
    }

    @Test func `names are exact, or begin or contain where a star says so`() throws {
        let test = try TestStore(nil)
        for user in ["alice", "alina", "bob", "al*ce", "Alice", "[x]", "zal"] { try test.logIn(user) }
        #expect(try users(test) { $0.users = ["alice"] } == ["alice"])
        #expect(try users(test) { $0.users = ["ali*"] } == ["alice", "alina"])
        #expect(try users(test) { $0.users = ["*al*"] } == ["al*ce", "alice", "alina", "zal"])
        #expect(try users(test) { $0.users = ["[x]*"] } == ["[x]"])
        #expect(try users(test) { $0.users = ["*[x]"] } == ["[x]"])
        #expect(try users(test) { $0.users = ["bob", "zal"] } == ["bob", "zal"])
        #expect(
            try users(test) {
                $0.users = ["al*"]
                $0.notUsers = ["alice"]
            } == ["al*ce", "alina"])
        #expect(try users(test) { $0.users = ["*"] }.count == 7)
        #expect(try users(test) { $0.users = ["nobody"] }.isEmpty)
        #expect(try users(test) { $0.users = ["' OR 1=1 --"] }.isEmpty)
    }

    @Test func `addresses are matched by network, old and new kind alike`() throws {
        let test = try TestStore(nil)
        for (user, ip) in [("a", "192.0.2.7"), ("b", "192.0.3.7"), ("c", "2001:db8::1"), ("d", "2001:db9::1")] {
            var login = Login(user: user)
            login.ip = try IPAddress(ip)
            _ = try test.store.logIn(login, as: test.actor)
        }
        try test.logIn("e")
        #expect(try users(test) { $0.networks = [try IPNetwork("192.0.2.0/24")] } == ["a"])
        #expect(try users(test) { $0.networks = [try IPNetwork("192.0.0.0/16")] } == ["a", "b"])
        #expect(
            try users(test) { $0.networks = [try IPNetwork("2001:db8::/32"), try IPNetwork("192.0.3.7")] } == [
                "b", "c",
            ])
    }

    @Test func `times bound a listing`() throws {
        let test = try TestStore(nil)
        let first = try test.logIn("a").session.createdAt
        test.advance(.minutes(30))
        let second = try test.logIn("b").session.createdAt
        #expect(try users(test) { $0.since = second } == ["b"])
        #expect(try users(test) { $0.until = second } == ["a"])
        #expect(
            try users(test) {
                $0.since = first
                $0.until = second
            } == ["a"])
        #expect(try users(test) { $0.idleOver = .minutes(20) } == ["a"])
        #expect(try users(test) { $0.expiresWithin = .minutes(31) } == ["a"])
    }

    @Test func `pages follow each other without a gap or a repeat, even while logins go on`() throws {
        let test = try TestStore(nil)
        let all = try (0..<25).map { try test.logIn("u\($0)").session.id.row }
        var seen: [Int64] = []
        var next: ListPosition?
        repeat {
            let page = try test.read { try $0.sessions(SessionFilter(), after: next, limit: 10) }
            seen += page.items.map(\.id.row)
            next = page.next
            try test.logIn("late")
        } while next != nil
        #expect(seen == all.reversed())
    }
}
