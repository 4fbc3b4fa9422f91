import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct CleanupReportTests {
    private func table(_ name: CleanupTable.Name, _ tables: [CleanupTable]) throws -> CleanupTable {
        try #require(tables.first { $0.name == name })
    }

    @Test func `every row is removed, left to remove, or kept for a reason`() throws {
        let test = try TestStore()
        try test.set("retention.ended", "1h")
        var old: [LoggedIn] = []
        for number in 0..<4 { old.append(try test.logIn("old\(number)")) }
        test.advance(.hours(2) + .minutes(30))
        for number in 0..<3 { try test.logIn("ended\(number)") }
        test.advance(.hours(1) + .minutes(30))
        let living = try test.logInWithTokens("alive")
        try test.run(UserLogout(["ended0"], includesUnseen: true, reason: nil))
        var options = Cleanup.Options()
        options.maxRows = 3
        let first = try Cleanup(options).run(test.store, as: test.actor)
        let some = try table(.sessions, first.tables)
        #expect(!first.finished && some.eligible == 4 && some.removed == 3 && some.remaining == 1)
        #expect(some.oldestRemaining == old.last?.session.aliveUntil)
        #expect(some.kept.map(\.why) == [.alive, .retention] && some.kept.map(\.rows) == [1, 3])
        #expect(some.kept.first?.until == (try test.session(living).aliveUntil))
        options.maxRows = nil
        let rest = try Cleanup(options).run(test.store, as: test.actor)
        let all = try table(.sessions, rest.tables)
        #expect(all.eligible == 1 && all.remaining == 0 && all.oldestRemaining == nil)
        #expect(try table(.families, rest.tables).kept == [.init(why: .session, rows: 1, until: nil)])
        #expect(try table(.rules, rest.tables).kept.map(\.why) == [.needed])
        #expect(try table(.keys, rest.tables).kept == [.init(why: .signing, rows: 2, until: nil)])
        #expect(try table(.auditEvents, rest.tables).kept.map(\.why) == [.forever])
        #expect(rest.batches > 0 && rest.longestHold > .zero)
    }

    @Test func `a rehearsal says the same as the run`() throws {
        let test = try TestStore()
        for number in 0..<5 { _ = try test.logInWithTokens("u\(number)") }
        test.advance(.days(9))
        try test.logIn("alive")
        var options = Cleanup.Options()
        options.olderThan = .hours(1)
        let survey = try Cleanup(options).survey(test.store)
        // It takes its time: what stays until when is as of its beginning.
        let result = try Cleanup(options).run(test.store, as: test.actor) { _ in test.advance(.seconds(5)) }
        #expect(survey.counts == result.counts && result.counts.sessions == 5 && result.counts.families == 5)
        let before = survey.tables().filter { $0.name != .auditEvents }
        let after = result.tables.filter { $0.name != .auditEvents }
        #expect(before.map(\.eligible) == after.map(\.eligible))
        #expect(before.map(\.kept) == after.map(\.kept))
    }

    @Test func `sessions below a floor are removed or kept for a reason, marked or not`() throws {
        let test = try TestStore()
        for number in 0..<3 { try test.logIn("early\(number)", client: "kiosk") }
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.days(2))
        for number in 0..<2 { try test.logIn("late\(number)", client: "web") }
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        try test.logIn("alive")
        test.advance(.minutes(1))
        for olderThan in [Duration.days(30), .days(1), .zero] {
            var options = Cleanup.Options()
            options.olderThan = olderThan
            let there = try test.count("session")
            let survey = try Cleanup(options).survey(test.store)
            let planned = try table(.sessions, survey.tables())
            #expect(planned.eligible + planned.kept.reduce(0) { $0 + $1.rows } == there, "\(olderThan)")
            #expect(planned.kept.first?.why == .alive && planned.kept.first?.rows == 1)
            let result = try Cleanup(options).run(test.store, as: test.actor)
            #expect(result.counts == survey.counts)
            #expect(try table(.sessions, result.tables).kept == planned.kept, "\(olderThan)")
        }
        #expect(try test.count("session") == 1)
    }

    @Test func `the oldest family left says since when, also where it goes with its session`() throws {
        let test = try TestStore()
        try test.logIn("without tokens")
        test.advance(.minutes(1))
        let first = try test.logInWithTokens("first")
        test.advance(.minutes(1))
        _ = try test.logInWithTokens("second")
        test.advance(.days(9))
        var options = Cleanup.Options()
        options.olderThan = .zero
        let planned = try Cleanup(options).survey(test.store)
        #expect(try table(.families, planned.tables()).oldestRemaining == (try test.session(first).aliveUntil))
        options.maxRows = 1
        let some = try Cleanup(options).run(test.store, as: test.actor)
        #expect(try table(.families, some.tables).oldestRemaining == (try test.session(first).aliveUntil))
    }

    @Test func `free pages stay for new rows, or are given back in small steps`() throws {
        let test = try TestStore(nil)
        try test.logIn("seed")
        try test.tamper(
            """
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                                 absolute_expires_at, alive_until, secret_hash, user_agent)
            SELECT s.user_id, s.client_id, s.created_at, s.created_at, s.created_at, s.created_at, 1, s.created_at + 1,
                   s.created_at + 1, zeroblob(32), hex(zeroblob(200))
            FROM session s, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                             SELECT i FROM n)
            """)
        test.advance(.minutes(1))
        var options = Cleanup.Options()
        options.olderThan = .zero
        let kept = try Cleanup(options).run(test.store, as: test.actor)
        #expect(kept.counts.sessions == 4000 && kept.bytesReturned == 0 && kept.bytesFree > 1_000_000)
        options.vacuum = .incremental
        let returned = try Cleanup(options).run(test.store, as: test.actor)
        #expect(returned.bytesReturned > 1_000_000 && returned.bytesFree < 100_000)
        #expect(try test.store.database.fileUsage().bytes < 1_000_000)
        #expect(try test.count("session") == 1)
        let integrity: String? = try test.read { try $0.sql.value("PRAGMA integrity_check") }
        #expect(integrity == "ok")
    }

    @Test func `row numbers come back once each, lowest first`() {
        var random = SeededRandom(7)
        var numbers = RowNumbers(from: 1000, through: 90_000)
        let wanted = Set((0..<5000).map { _ in Int64.random(in: 1000...90_000, using: &random) })
        for number in wanted.shuffled(using: &random) + wanted.prefix(100) { numbers.insert(number) }
        #expect(numbers.count == wanted.count)
        var found: [Int64] = []
        while numbers.count > 0 {
            let some = numbers.lowest(Int.random(in: 1...300, using: &random))
            numbers.removeLowest(some.count)
            found += some
        }
        #expect(found == wanted.sorted())
        #expect(numbers.lowest(10).isEmpty)
    }
}
