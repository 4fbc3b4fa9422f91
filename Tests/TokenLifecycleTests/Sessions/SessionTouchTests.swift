import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct SessionTouchTests {
    private func touch(_ login: LoggedIn, _ test: TestStore) throws -> Report.Outcome {
        try test.run(SessionTouch([login.session.id.text])).items.only.outcome
    }

    /// `session.idle` is an hour, so a minute is useful; for five minutes a tenth is.
    @Test(arguments: [("1h", Duration.seconds(60)), ("5m", .seconds(30))])
    func `a touch is written once it moves the deadline by a useful amount, to the millisecond`(
        idle: String, useful: Duration
    ) throws {
        let test = try TestStore(nil)
        try test.set("session.idle", idle)
        let login = try test.logIn()
        let born = try test.session(login)
        test.clock.now = born.createdAt + useful - .ms
        #expect(try touch(login, test) == .unchanged)
        #expect(try test.session(login).lastSeenAt == born.lastSeenAt)
        test.clock.now = born.createdAt + useful
        #expect(try touch(login, test) == .changed)
        #expect(try test.session(login).aliveUntil == born.aliveUntil + useful)
    }

    @Test func `a touch that is not written changes nothing at all`() throws {
        let test = try TestStore(nil)
        let login = try test.logIn()
        let before = try test.read { $0.facts.lastWriteAt }
        test.advance(.seconds(30))
        #expect(try touch(login, test) == .unchanged)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
    }

    @Test func `no touch moves a session past its absolute expiry`() throws {
        let test = try TestStore(nil)
        try test.set("session.absolute", "90m")
        let login = try test.logIn()
        let end = login.session.absoluteExpiry
        test.advance(.minutes(50))
        #expect(try touch(login, test) == .changed)
        #expect(try test.session(login).aliveUntil == end)
        test.advance(.minutes(39))
        #expect(try touch(login, test) == .unchanged)
        test.clock.now = end - .ms
        #expect(try test.state(login) == .active)
        test.clock.now = end
        #expect(try test.state(login) == .expired)
        #expect(try failure { _ = try touch(login, test) } == .refused)
    }

    @Test func `touches keep a session alive past its first idle deadline`() throws {
        let test = try TestStore(nil)
        let login = try test.logIn()
        for _ in 0..<5 {
            test.advance(.minutes(59))
            #expect(try touch(login, test) == .changed)
        }
        #expect(try test.state(login) == .active)
    }

    @Test func `one dead session among several stops the whole touch`() throws {
        let test = try TestStore(nil)
        let (first, second) = (try test.logIn(), try test.logIn())
        try test.run(SessionRevocation(.ids([second.session.id.text]), reason: nil))
        test.advance(.minutes(5))
        #expect(
            try failure { try test.run(SessionTouch([first.session.id.text, second.session.id.text])) } == .refused)
        #expect(try test.session(first).lastSeenAt == first.session.lastSeenAt)
    }

    @Test func `touching is no act to be audited`() throws {
        let test = try TestStore(nil)
        let login = try test.logIn()
        let events = try test.count("audit_event")
        test.advance(.minutes(5))
        #expect(try touch(login, test) == .changed)
        #expect(try test.count("audit_event") == events)
    }
}
