import Testing
import TokenStorage

@testable import TokenLifecycle

/// Sessions are found by entries that a large cleanup leaves behind and sweeps afterwards: at no time does a session go without
/// one, and nothing that is read speaks of one left behind.
@Suite struct EntrySweepTests {
    private let test: TestStore

    init() throws {
        test = try TestStore(nil)
    }

    /// Logins with every kind of entry, at addresses and devices in no order.
    private func logIn(_ users: Range<Int>) throws {
        for number in users {
            var login = Login(user: "u\(number * 7 % 11)", client: "web")
            login.ip = try IPAddress("192.0.2.\(number * 5 % 13)")
            login.device = number.isMultiple(of: 3) ? nil : "device \(number * 3 % 5)"
            _ = try test.store.logIn(login, as: test.actor)
        }
    }

    private func entries() throws -> [Int] {
        try ["user", "ip", "device", "last_seen", "end"].map { name in
            switch name {
            case "user": try test.count("session_by_user")
            case "ip": try test.count("session_by_ip")
            case "device": try test.count("session_by_device")
            case "last_seen": try test.count("session_by_last_seen")
            default: try test.count("session_by_end")
            }
        }
    }

    private func isWhole() throws -> Bool { try test.read { try $0.wrongEntries().isEmpty } }

    private var sweepIsDue: Bool { get throws { try test.read { $0.facts.sweepIsDue } } }

    private func options(_ change: (inout Cleanup.Options) -> Void = { _ in }) -> Cleanup.Options {
        var options = Cleanup.Options()
        options.olderThan = .zero
        change(&options)
        return options
    }

    /// Removes so many that their entries stay, and stops before the sweep.
    private func cutOff() throws {
        test.advance(.hours(2))
        try test.logIn("alive")
        var asked = 0
        let stopping: () -> Bool = {
            asked += 1
            return asked > 1
        }
        let result = try Cleanup(options()).run(test.store, as: test.actor, stopping: stopping)
        #expect(!result.finished)
    }

    @Test func `few that go take their entries with them`() throws {
        try logIn(0..<2)
        test.advance(.hours(2))
        try logIn(2..<40)
        #expect(try test.cleanUp { $0.olderThan = .zero }.sessions == 2)
        #expect(try isWhole())
        #expect(try entries() == [38, 38, 25, 38, 38])
    }

    @Test func `many leave theirs, and a sweep takes them`() throws {
        try logIn(0..<300)
        test.advance(.hours(2))
        try logIn(300..<310)
        #expect(try Cleanup(options()).run(test.store, as: test.actor).finished)
        #expect(try !sweepIsDue)
        #expect(try isWhole())
        #expect(try entries() == [10, 10, 6, 10, 10])
    }

    @Test func `what a cleanup that was cut off left behind is in no list and no count`() throws {
        try logIn(0..<300)
        try cutOff()
        #expect(try sweepIsDue)
        #expect(try test.count("session") == 1)
        #expect(try entries() == [301, 300, 200, 301, 301])
        let everything = Set(SessionState.allCases)
        for key in SessionOrder.Key.allCases {
            for descending in [true, false] {
                var filter = SessionFilter()
                filter.states = everything
                let order = SessionOrder(key, descending: descending)
                #expect(try test.read { try $0.sessions(filter, in: order, limit: 500) }.items.map(\.user) == ["alive"])
                filter.users = ["u*", "alive"]
                #expect(try test.read { try $0.sessions(filter, in: order, limit: 500) }.items.count == 1)
                filter.users = ["u1"]
                #expect(try test.read { try $0.sessions(filter, in: order, limit: 500) }.items.isEmpty)
            }
        }
        var filter = SessionFilter()
        filter.states = everything
        #expect(try test.read { try $0.countSessions(filter) } == 1)
        filter.networks = [try IPNetwork("192.0.2.0/24")]
        #expect(try test.read { try $0.countSessions(filter) } == 0)
        #expect(try test.store.status().liveSessions == 1)
        #expect(try test.read { try $0.oldestUncleaned() } == nil)
        #expect(try test.read { try $0.countUncleaned(before: $0.now, upTo: 1000) } == 0)
        let survey = try Cleanup(options()).survey(test.store)
        #expect(survey.counts.rows == 0)
        #expect(survey.tables().first { $0.name == .sessions }?.kept.map(\.rows) == [1])
        #expect(try isWhole())
        #expect(try test.store.diagnose(.deep).findings.first { $0.check == "entries" }?.answer == .ok)
    }

    @Test func `the next run sweeps, also where nothing else is due`() throws {
        try logIn(0..<300)
        try cutOff()
        let next = try Cleanup(options()).run(test.store, as: test.actor)
        #expect(next.finished && next.counts.sessions == 0)
        #expect(try !sweepIsDue)
        #expect(try entries() == [1, 0, 0, 1, 1])
    }

    @Test func `logins, touches and logouts go on between a removal and its sweep`() throws {
        try logIn(0..<300)
        try cutOff()
        try logIn(300..<320)
        test.advance(.minutes(5))
        let some = try test.read { try $0.sessions(SessionFilter(), limit: 8).items }
        try test.run(SessionTouch(some.map(\.id.text)))
        try test.run(UserLogout(["u1"], reason: nil))
        #expect(try isWhole())
        _ = try test.cleanUp { $0.olderThan = .days(1) }
        #expect(try isWhole())
        #expect(try test.count("session_by_user") == 21)
    }

    @Test func `a login that a restore brings back is found, whatever was left of it`() throws {
        try test.logIn("alive")
        try logIn(0..<20)
        _ = try test.backUp()
        try cutOff()
        try test.restore { $0.keepsLogins = true }
        #expect(try !sweepIsDue)
        #expect(try isWhole())
    }

    @Test func `a sweep does not take what a restore brought back meanwhile`() throws {
        try logIn(0..<20)
        let gone = try test.read { try EntrySweep(1...1000, $0) }
        try test.store.write(as: test.actor) { try $0.beginEpoch($0.facts.epoch + 1) }
        var sweep = gone
        #expect(try test.store.write(as: test.actor) { try sweep.step($0, 100) } == nil)
        #expect(try entries()[0] == 20)
    }

    @Test func `the doctor finds a session without its entry, and an entry without its session`() throws {
        try logIn(0..<9)
        try test.tamper("DELETE FROM session_by_user WHERE session_id = 3")
        try test.tamper("INSERT INTO session_by_ip VALUES (x'00', 77, 1)")
        try test.tamper("UPDATE session_by_end SET alive_until = alive_until + 1 WHERE session_id = 4")
        let finding = try #require(try test.store.diagnose(.deep).findings.first { $0.check == "entries" })
        #expect(finding.answer == .critical)
        #expect(
            finding.text.hasSuffix(
                "session_by_user: 1 missing, 0 astray; session_by_ip: 0 missing, 1 astray; session_by_end: 1 missing, 1 astray"
            ))
    }

    @Test func `a session keeps what its entries say for ever`() throws {
        try logIn(0..<3)
        for column: SQL in [
            "id = id + 100", "user_id = user_id + 1", "ip = x'00'", "device = 'another'", "absolute_expires_at = 1",
        ] {
            #expect(throws: StorageError.self) { try test.tamper("UPDATE session SET " + column + " WHERE id = 1") }
        }
        #expect(try isWhole())
    }

    @Test(
        arguments: [[], [5], [9, 2, 9, 2, 7], [1 << 40, 3, 1, 3], [.max, .min, 0], Array((1...500).reversed())]
            as [[Int64]])
    func `numbers are sorted, each once, whether they lie close or not`(numbers: [Int64]) {
        #expect(RowNumbers.sorted(numbers) == Set(numbers).sorted())
    }

    @Test func `numbers are looked at in parts that a bitmap holds`() throws {
        try logIn(0..<3)
        #expect(try test.read { try EntrySweep.parts(of: $0) } == [1...3])
        try test.tamper("UPDATE sqlite_sequence SET seq = \(RowNumbers.widest + 5) WHERE name = 'session'")
        let parts = try test.read { try EntrySweep.parts(of: $0) }
        #expect(parts == [1...RowNumbers.widest, (RowNumbers.widest + 1)...(RowNumbers.widest + 5)])
    }
}
