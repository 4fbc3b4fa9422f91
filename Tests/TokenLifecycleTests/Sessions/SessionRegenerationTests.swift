import Testing
import TokenStorage
import TokenJOSE

@testable import TokenLifecycle

@Suite struct SessionRegenerationTests {
    private func regenerate(_ login: LoggedIn, _ test: TestStore) throws -> Regenerated {
        try test.store.regenerateSession(named: login.session.id.text, as: test.actor)
    }

    private func opens(_ token: String, _ test: TestStore) throws -> Bool {
        try test.read { try $0.inspect(Array(token.utf8)).verification.verdict == .active }
    }

    @Test func `the login goes on under a new id and token`() throws {
        let test = try TestStore()
        var login = Login(user: "alice", client: "web")
        login.ip = try IPAddress("192.0.2.7")
        login.device = "iPhone"
        login.userAgent = "agent"
        login.data = ["roles": ["admin"]]
        let old = try test.store.logIn(login, as: test.actor)
        test.advance(.minutes(10))
        let new = try regenerate(old, test)
        #expect(new.former == old.session.id && new.session.id != old.session.id)
        let session = new.session
        #expect(session.user == "alice" && session.client == "web" && session.device == "iPhone")
        #expect(session.ip == login.ip && session.userAgent == "agent" && session.data == old.session.data)
        #expect(session.loginAt == old.session.loginAt && session.absoluteExpiry == old.session.absoluteExpiry)
        #expect(session.createdAt > old.session.createdAt && session.idleDeadline == session.createdAt + .hours(1))
        #expect(try opens(new.sessionToken, test))
        #expect(try !opens(old.sessionToken, test))
        #expect(try test.session(old).end?.reason == "regenerated")
    }

    @Test func `refresh tokens move along, and access tokens of the old id are denied`() throws {
        let test = try TestStore()
        let old = try test.logInWithTokens()
        test.advance(.minutes(1))
        let new = try regenerate(old, test)
        #expect(try test.verify(old.access?.text) == .inactive(.deniedSession))
        let pair = try test.refresh(old.refreshToken).pair
        #expect(pair.session.id == new.session.id)
        #expect(try test.verify(pair.access.text, online: true) == .active)
    }

    @Test func `a family that had ended stays with the old session`() throws {
        let test = try TestStore()
        let old = try test.logInWithTokens()
        try test.run(RefreshRevocation(.ids([try test.family(old).id.text]), reason: nil))
        let new = try regenerate(old, test)
        #expect(try test.read { try $0.families(of: new.session) }.isEmpty)
        #expect(try test.refresh(old.refreshToken).refusal == .ended)
    }

    @Test func `a new name shakes off no rule against the session, nor the limit on sessions`() throws {
        let test = try TestStore()
        try test.set("session.limit", "2")
        let old = try test.logInWithTokens()
        try test.run(DenylistAddition(.session(old.session.id.text), reason: "INC-481"))
        let before = try test.read { try $0.denyRule(.session, old.session.id.text)?.issuedBefore }
        let new = try regenerate(old, test)
        let rule = try test.read { try $0.denyRule(.session, new.session.id.text) }
        // A rule with a cut-off can match nothing that the new id will ever be issued.
        #expect((rule == nil) == (before != nil))
        #expect(try test.logIn().ended.isEmpty)
        #expect(try test.logIn().ended == [new.session.id])
    }

    @Test func `what is over cannot be regenerated`() throws {
        let test = try TestStore()
        let idle = try test.logIn()
        test.clock.now = idle.session.idleDeadline
        #expect(try failure { _ = try regenerate(idle, test) } == .refused)
        let floored = try test.logIn()
        try test.run(FloorLogout(.everyone, reason: "INC-481"))
        #expect(try failure { _ = try regenerate(floored, test) } == .refused)
        #expect(
            try failure { _ = try test.store.regenerateSession(named: "ses_nobody00", as: test.actor) } == .notFound)
        #expect(try test.count("session") == 2)
    }

    @Test func `a kept session regenerated stays above the floor`() throws {
        let test = try TestStore()
        let kept = try test.logInWithTokens()
        try test.run(FloorLogout(.everyone, keep: [kept.session.id.text], reason: "INC-481"))
        let new = try regenerate(kept, test)
        #expect(try test.read { try $0.session(named: new.session.id.text).isAlive(at: $0.now) })
        #expect(try test.verify(test.refresh(kept.refreshToken).pair.access.text, online: true) == .active)
    }

    @Test func `ending the new session ends the whole login`() throws {
        let test = try TestStore()
        let old = try test.logInWithTokens()
        let new = try regenerate(old, test)
        let pair = try test.refresh(old.refreshToken).pair
        try test.run(SessionRevocation(.ids([new.session.id.text]), reason: nil))
        #expect(try test.refresh(pair.refreshToken).refusal == .ended)
        #expect(try test.verify(pair.access.text) == .inactive(.deniedSession))
        #expect(try !opens(new.sessionToken, test))
    }
}
