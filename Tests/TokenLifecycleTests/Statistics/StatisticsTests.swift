import Testing

@testable import TokenLifecycle

@Suite struct StatisticsTests {
    /// Three days: two sessions, none, three; one of them ended.
    private func store() throws -> TestStore {
        let test = try TestStore()
        try test.set("session.idle", "30d")
        try test.set("session.absolute", "30d")
        let first = try test.logIn("alice", client: "web")
        try test.logIn("bob", client: "ios")
        test.advance(.days(2))
        for _ in 0..<3 { try test.logIn("alice", client: "web") }
        try test.run(SessionRevocation(.ids([first.session.id.text]), reason: "test"))
        return test
    }

    private func groups(
        _ test: TestStore, by grouping: Statistics.Grouping, since: Duration = .days(3), limit: Int = 20
    ) throws -> [Statistics.Group] {
        try test.read { try $0.statistics(by: grouping, since: since, limit: limit).groups }
    }

    private typealias Group = Statistics.Group

    @Test func `sessions are counted by the day they began`() throws {
        #expect(
            try groups(store(), by: .day) == [
                Group(name: "2026-01-01", count: 2, alive: 1, perDay: [2]),
                Group(name: "2026-01-02", count: 0, alive: 0, perDay: [0]),
                Group(name: "2026-01-03", count: 3, alive: 3, perDay: [3]),
            ])
    }

    @Test func `the largest group comes first, with its days`() throws {
        let test = try store()
        #expect(
            try groups(test, by: .user) == [
                Group(name: "alice", count: 4, alive: 3, perDay: [1, 0, 3]),
                Group(name: "bob", count: 1, alive: 1, perDay: [1, 0, 0]),
            ])
        #expect(try groups(test, by: .client).map(\.name) == ["web", "ios"])
        #expect(try groups(test, by: .ip) == [Group(name: "–", count: 5, alive: 4, perDay: [2, 0, 3])])
        #expect(
            try groups(test, by: .state) == [
                Group(name: "active", count: 4, alive: 4, perDay: [1, 0, 3]),
                Group(name: "ended", count: 1, alive: 0, perDay: [1, 0, 0]),
            ])
        #expect(try groups(test, by: .user, since: .days(1)).map(\.count) == [3])
        let one = try test.read { try $0.statistics(by: .user, since: .days(3), limit: 1) }
        #expect(one.groups.map(\.name) == ["alice"] && one.hasMore)
    }

    @Test func `a state is the one that the session itself would say`() throws {
        let test = try store()
        try test.run(FloorLogout(.clients(["web"]), reason: "test"))
        try test.logIn("carol")
        test.advance(.hours(1))
        var expected: [String: Int64] = [:]
        try test.read { reader in
            var filter = SessionFilter()
            filter.states = Set(SessionState.allCases)
            try reader.eachSession(filter, after: nil) { session, _ in
                expected[session.state(at: reader.now).rawValue, default: 0] += 1
                return true
            }
        }
        let counted = try groups(test, by: .state)
        #expect(Dictionary(uniqueKeysWithValues: counted.map { ($0.name, $0.count) }) == expected)
        #expect(expected["logged_out"] == 3)
    }

    @Test func `tokens are counted by the key that signed them`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        for user in ["a", "b"] { _ = try test.logInWithTokens(user) }
        test.waitUntilKeysAreKnown()
        try test.rotate()
        _ = try test.logInWithTokens("c")
        let counted = try groups(test, by: .key)
        #expect(counted.map(\.count) == [2, 1] && counted.first?.name == first)
        #expect(counted.map(\.alive) == [2, 1])
    }

    @Test func `an empty store has days without anybody`() throws {
        let test = try TestStore()
        #expect(try groups(test, by: .day).map(\.count) == [0, 0, 0])
        #expect(try groups(test, by: .user) == [] && groups(test, by: .key) == [])
    }
}
