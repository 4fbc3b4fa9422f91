import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct CleanupTests {
    private func plan(_ test: TestStore, _ change: (inout Cleanup.Options) -> Void = { _ in }) throws -> Cleanup.Counts
    {
        var options = Cleanup.Options()
        change(&options)
        return try Cleanup(options).plan(test.store)
    }

    @Test func `a login goes when its retention is over, to the millisecond`() throws {
        let test = try TestStore(nil)
        let login = try test.logIn()
        let dead = try test.session(login).aliveUntil
        test.clock.now = dead + .days(15)
        try test.cleanUp()
        test.clock.now = dead + .days(30)
        #expect(try test.cleanUp().sessions == 0)
        test.clock.now = dead + .days(30) + .ms
        #expect(try test.cleanUp().sessions == 1)
        #expect(try failure { _ = try test.session(login) } == .notFound)
    }

    @Test func `families go with their session, or alone where they ended alone`() throws {
        let test = try TestStore()
        try test.set("refresh.replay", "family")
        let alone = try test.logInWithTokens("alice")
        let second = try test.refresh(alone.refreshToken).pair
        _ = try test.refresh(second.refreshToken).pair
        #expect(try test.refresh(alone.refreshToken).refusal == .replayed)
        let ended = try test.logInWithTokens("bob")
        try test.run(SessionRevocation(.ids([ended.session.id.text]), reason: nil))
        let counts = try test.cleanUp { $0.olderThan = .zero }
        #expect(counts.sessions == 1 && counts.families == 2)
        #expect(try test.state(alone) == .active)
        #expect(try test.count("refresh_family") == 0)
    }

    @Test func `parts may be cleaned alone`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        try test.run(UserLogout(["alice"], reason: nil))
        test.advance(.hours(2))
        let only: [(Cleanup.Part, (Cleanup.Counts) -> Int)] = [
            (.denylist, \.rules), (.refresh, \.successors), (.sessions, \.sessions),
        ]
        for (part, count) in only {
            let counts = try test.cleanUp {
                $0.parts = [part]
                $0.olderThan = .minutes(1)
            }
            #expect(count(counts) == 1, "\(part)")
            #expect(counts.rows == (part == .sessions ? 2 : 1), "\(part)")
        }
    }

    @Test func `nothing due writes one row and no audit event`() throws {
        let test = try TestStore()
        try test.logIn()
        let events = try test.count("audit_event")
        #expect(try test.cleanUp().total == 0)
        #expect(try test.count("audit_event") == events)
        #expect(try test.count("cleanup_run") == 1)
    }

    @Test func `what was done is audited with its counts`() throws {
        let test = try TestStore(nil)
        for _ in 0..<3 { try test.logIn() }
        test.advance(.hours(2))
        try test.cleanUp {
            $0.olderThan = .zero
            $0.reason = "nightly"
        }
        let event = try #require(try test.read { try $0.auditHead() })
        #expect(event.verb == "cleanup" && event.reason == "nightly" && event.counts == ["sessions": 3])
        #expect(try test.store.status().lastCleanup != nil)
    }

    @Test func `an interrupted cleanup keeps what it did and goes on where it stopped`() throws {
        let test = try TestStore(nil)
        for number in 0..<30 { try test.logIn("u\(number)") }
        test.advance(.hours(2))
        var options = Cleanup.Options()
        options.olderThan = .zero
        options.maxRows = 12
        let first = try Cleanup(options).run(test.store, as: test.actor)
        #expect(first.counts.sessions == 12 && !first.finished)
        #expect(try test.count("session") == 18)
        let stopped = try Cleanup(options).run(test.store, as: test.actor, stopping: { true })
        #expect(stopped.counts.total == 0 && !stopped.finished)
        options.maxRows = nil
        options.maxTime = .zero
        #expect(try Cleanup(options).run(test.store, as: test.actor).counts.total == 0)
        options.maxTime = nil
        #expect(try Cleanup(options).run(test.store, as: test.actor).counts.sessions == 18)
        #expect(try test.read { try $0.verifyAudit().broken == nil })
    }

    @Test func `no more rows go than asked for, and a login goes whole`() throws {
        for (most, expected) in [(12, 12), (5, 4), (1, 2), (60, 60), (61, 60)] {
            let test = try TestStore()
            for number in 0..<30 { _ = try test.logInWithTokens("u\(number)") }
            test.advance(.days(9))
            var options = Cleanup.Options()
            options.olderThan = .zero
            options.maxRows = most
            let result = try Cleanup(options).run(test.store, as: test.actor)
            #expect(result.counts.rows == expected && result.counts.families == result.counts.sessions, "\(most)")
            #expect(result.finished == (most > 60), "\(most)")
        }
    }

    @Test func `where all that was due is gone, spans of the dead are no reason to run again`() throws {
        let test = try TestStore()
        for number in 0..<30 { _ = try test.logInWithTokens("u\(number)") }
        test.advance(.days(9))
        var options = Cleanup.Options()
        options.parts = [.sessions]
        options.olderThan = .zero
        options.maxRows = 60
        let result = try Cleanup(options).run(test.store, as: test.actor)
        #expect(result.counts.rows == 60 && result.finished)
        #expect(try test.count("cleanup_run WHERE complete = 1") == 1)
        #expect(try test.count("session_span") == 0)
    }

    @Test func `a clock that leapt ahead removes nothing until it is vouched for`() throws {
        let test = try TestStore(nil)
        try test.logIn()
        let last = try test.read { $0.facts.lastWriteAt }
        test.clock.now = last + .days(30) + .ms
        #expect(try failure { _ = try plan(test) } == .refused)
        #expect(try failure { try test.cleanUp { $0.olderThan = .zero } } == .refused)
        #expect(try test.count("session") == 1)
        #expect(try test.cleanUp { $0.acceptsClock = true }.sessions == 0)
        test.clock.now = last + .days(60)
        #expect(try test.cleanUp().sessions == 1)
    }

    @Test func `floored sessions older than the retention are planned as they are removed`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "kiosk")
        _ = try test.refresh(login.refreshToken).pair
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.days(2))
        let change: (inout Cleanup.Options) -> Void = { $0.olderThan = .days(1) }
        let planned = try plan(test, change)
        #expect(planned.ended == 1 && planned.sessions == 1 && planned.families == 1 && planned.successors == 0)
        #expect(try test.cleanUp(change) == planned)
    }

    @Test func `large batches are taken apart and finished`() throws {
        let test = try TestStore(nil)
        try test.logIn("seed")
        try test.tamper(
            """
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                                 absolute_expires_at, alive_until, secret_hash)
            SELECT s.user_id, s.client_id, s.created_at, s.created_at, s.created_at, s.created_at, 1, s.created_at + 1,
                   s.created_at + 1, zeroblob(32)
            FROM session s, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
                             SELECT i FROM n)
            """)
        test.advance(.minutes(1))
        let counts = try test.cleanUp { $0.olderThan = .zero }
        #expect(counts.sessions == 4000)
        #expect(try test.count("session") == 1)
    }
}
