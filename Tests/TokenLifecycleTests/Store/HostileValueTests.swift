import Testing
import TokenStorage

@testable import TokenLifecycle

/// Values that no program of ours writes, in a file that holds together.
@Suite struct HostileValueTests {
    @Test(arguments: [.min, -1, Instant.latest.milliseconds + 1, .max] as [Int64])
    func `a time that cannot be told is not believed, and stops nothing`(time: Int64) throws {
        let test = try TestStore()
        let login = try test.logIn()
        try test.tamper("UPDATE session SET alive_until = \(time)")
        #expect(try failure { _ = try test.session(login) } == .untrusted)
        // The oldest end is looked at; one to come is not.
        #expect(try test.store.diagnose(.thorough).isUntrusted == (time < 0))
        #expect(try test.logIn("another").session.user == "another")
    }

    @Test(arguments: [.min, -1, 1 << 40, 253_402_300_800_000, .max] as [Int64])
    func `cleanup does not walk to a number that is never given`(number: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("DROP TRIGGER session_stays")
        try test.tamper("UPDATE session SET id = \(number)")
        #expect(try failure { try test.cleanUp() } == .untrusted)
    }

    @Test(arguments: [.min, .min + 1, -1, 0, .max - 1, .max] as [Int64])
    func `no list counts from a timeout that is never given`(timeout: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        test.advance(.minutes(5))
        try test.tamper("UPDATE session SET idle_timeout = \(timeout)")
        for states in SessionState.allCases.map({ [$0] }) + [Set(SessionState.allCases)] {
            var filter = SessionFilter()
            filter.states = states
            for idleOver in [nil, Duration.seconds(1), .milliseconds(Int64.max)] {
                filter.idleOver = idleOver
                for order in `Lists of sessions`.orders {
                    let kind = try failure { _ = try test.read { try $0.sessions(filter, in: order, limit: 5) } }
                    #expect(kind == nil || kind == .untrusted, "\(filter) \(order)")
                }
            }
        }
        #expect(try test.store.diagnose(.deep).isUntrusted)
    }

    @Test func `a session that lives longer than its times say is named`() throws {
        let test = try TestStore()
        try test.logIn()
        func finding() throws -> Finding? { try test.store.diagnose(.deep).findings.first { $0.check == "values" } }
        #expect(try finding()?.answer == .ok)
        try test.tamper("UPDATE session SET alive_until = alive_until + 1")
        #expect(try finding()?.text == "1 session with a deadline that its own times contradict")
        #expect(try finding()?.answer == .critical)
    }

    @Test(arguments: [1 << 40, .max] as [Int64])
    func `cleanup does not sweep up to a number that is never given`(number: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("UPDATE store SET sweep_due = 1")
        try test.tamper("UPDATE sqlite_sequence SET seq = \(number) WHERE name = 'session'")
        #expect(try failure { try test.cleanUp() } == .untrusted)
    }

    @Test(arguments: [.min, .min + 1, Int64.max - 1, .max] as [Int64])
    func `an event is not numbered after one that no count comes to`(seq: Int64) throws {
        let test = try TestStore()
        try test.tamper("UPDATE audit_event SET seq = \(seq) WHERE seq = (SELECT max(seq) FROM audit_event)")
        if seq > 0 { #expect(try told { try test.set("access.ttl", "5m") }) }
        #expect(try test.store.diagnose(.deep).worst == .critical)
    }

    @Test(arguments: [.min, .min + 1, Int64.max - 1, .max] as [Int64])
    func `retention does not count from a number that is never given`(seq: Int64) throws {
        let test = try TestStore()
        try test.set("retention.audit", "1d")
        test.advance(.days(3))
        try test.tamper("UPDATE audit_event SET seq = \(seq) WHERE seq = (SELECT min(seq) FROM audit_event)")
        #expect(try told { _ = try test.read { try $0.auditEventsDue() } })
    }

    @Test(arguments: [.min, -1, 0, 1 << 40, .max] as [Int64])
    func `a family is of a generation that there can be`(generation: Int64) throws {
        let test = try TestStore()
        let token = try #require(try test.logInWithTokens().refreshToken)
        try test.tamper("UPDATE refresh_family SET generation = \(generation)")
        #expect(try told { _ = try test.refresh(token) })
        #expect(try told { _ = try test.read { try $0.inspect(Array(token.utf8)) } })
        #expect(try told { _ = try test.read { try $0.family(row: 1) } })
    }

    @Test(arguments: [.min, .max] as [Int64])
    func `what is found by its number is not searched beyond the numbers`(id: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("DROP TRIGGER session_stays")
        try test.tamper("UPDATE session SET id = \(id)")
        let search = { _ = try test.read { try $0.statistics(by: .user, since: .days(3), limit: 9) } }
        #expect(try id < 0 || told(search))
    }

    @Test(arguments: [1 << 40, Int64.max - 1, .max] as [Int64])
    func `numbers that are used up are no full disk, and none is given twice`(last: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("UPDATE sqlite_sequence SET seq = \(last) WHERE name IN ('session', 'refresh_family')")
        #expect(try told { try test.logIn() })
        #expect(try told { _ = try test.logInWithTokens() })
        #expect(try test.count("session") == 1)
    }

    @Test func `rules that are used up are no full disk either`() throws {
        let test = try TestStore()
        for user in ["alice", "bob"] { try test.logIn(user) }
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        try test.tamper("UPDATE sqlite_sequence SET seq = \(Int64.max)")
        #expect(try told { try test.run(DenylistAddition(.user("bob"), reason: nil)) })
        #expect(try test.count("deny_rule") == 1)
    }

    @Test func `rows that cannot be read are named, and how many there are`() throws {
        let test = try TestStore()
        for user in ["a", "b", "c", "d", "e"] { try test.logIn(user) }
        try test.tamper("UPDATE user SET subject = CAST(X'C3' || id AS TEXT) WHERE id > 1")
        try test.tamper("UPDATE session SET created_at = -1 WHERE id = 1")
        let found = try test.read { try $0.unreadableRows() }
        #expect(
            found.finding?.hasPrefix("9 rows cannot be read: user 2: column subject: the text is not UTF-8; user 3: ")
                == true, "\(found)")
    }

    /// Whether it is refused as what cannot be trusted, with what to do.
    private func told(_ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return false
        } catch let failure as Failure {
            return failure.kind == .untrusted && failure.hint != nil
        }
    }

    @Test func `what breaks a constraint was in the file`() {
        let broken = StorageError(.constraint, "FOREIGN KEY constraint failed")
        #expect(Failure(broken).kind == .untrusted && Failure(broken).hint != nil)
    }

    @Test func `time stands still at its ends`() {
        let (first, last) = (Instant(milliseconds: .min), Instant(milliseconds: .max))
        #expect(first - .seconds(1) == first && last + .seconds(1) == last)
        #expect(last - first == .milliseconds(Int64.max) && first - last == .milliseconds(Int64.min))
        #expect(Instant(seconds: .max) == last && Instant(seconds: .min) == first)
        #expect(first.seconds == -9_223_372_036_854_776 && Instant(milliseconds: -1).seconds == -1)
        #expect(Instant(milliseconds: -1000).seconds == -1 && Instant(milliseconds: -1001).seconds == -2)
    }
}
