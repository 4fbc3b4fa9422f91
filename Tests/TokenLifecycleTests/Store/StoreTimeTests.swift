import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct StoreTimeTests {
    @Test func `acts are totally ordered, also while the clock stands still or steps back`() throws {
        let test = try TestStore()
        var times: [Instant] = []
        for step in [Duration.zero, .zero, .seconds(5), .seconds(-30), .zero, .milliseconds(1), .seconds(-20)] {
            test.advance(step)
            times.append(try test.logIn().session.createdAt)
        }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try test.read { try $0.verifyAudit().broken == nil })
    }

    @Test func `a clock that steps back revives nothing`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        test.clock.now = login.session.idleDeadline
        #expect(try test.state(login) == .idleExpired)
        try test.logIn("bob")
        test.clock.now = login.session.createdAt
        #expect(try test.state(login) == .idleExpired)
    }

    @Test func `nothing is written, so no time passes, when an act does nothing`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        let before = try test.read { $0.facts.lastWriteAt }
        #expect(try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil)).unchanged == 1)
        #expect(try test.rotate { $0.ifOlderThan = .days(1) }.unchanged == 1)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
    }

    @Test func `behind by more than the skew, what must be in time is refused and what ends is not`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let other = try test.logInWithTokens("bob")
        let last = try test.read { $0.facts.lastWriteAt }
        test.clock.now = last - .minutes(1) - .ms

        #expect(try failure { try test.logIn() } == .busy)
        #expect(try failure { _ = try test.logInWithTokens() } == .busy)
        #expect(try failure { _ = try test.issue(session: login) } == .busy)
        #expect(try failure { _ = try test.refresh(login.refreshToken) } == .busy)
        #expect(try failure { try test.rotate() } == .busy)
        #expect(try test.read { $0.facts.lastWriteAt } == last)

        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        try test.run(UserLogout(["bob"], reason: nil))
        try test.run(DenylistAddition(.user("carol"), reason: nil))
        let signer = try #require(try test.signer)
        try test.revokeKey(signer, replacing: true)
        #expect(try test.state(login) == .ended)
        #expect(try test.state(other) == .ended)
        #expect(try test.keyState(signer) == .revoked)
    }

    @Test func `behind by the skew and no more is fine`() throws {
        let test = try TestStore()
        try test.logIn()
        test.clock.now = try test.read { $0.facts.lastWriteAt } - .minutes(1)
        let token = try #require(try test.logInWithTokens().access)
        #expect(try test.verify(token.text) == .active)
    }

    @Test func `an act that fails leaves nothing, not even its audit event`() throws {
        struct Halfway: Error {}
        let test = try TestStore()
        let login = try test.logIn()
        let events = try test.count("audit_event")
        let last = try test.read { $0.facts.lastWriteAt }
        #expect(throws: Halfway.self) {
            try test.store.write(as: test.actor) { writer in
                let act = SessionRevocation(.ids([login.session.id.text]), reason: nil)
                _ = try act.apply(try act.decide(writer), writer)
                throw Halfway()
            }
        }
        #expect(try test.state(login) == .active)
        #expect(try test.count("audit_event") == events)
        #expect(try test.read { $0.facts.lastWriteAt } == last)
    }
}
