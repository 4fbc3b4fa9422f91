import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct UserLifeTests {
    private func life(_ test: TestStore, _ user: String = "alice") throws -> UserLife {
        try test.read { try $0.life(ofUser: user) }
    }

    @Test func `sessions, refresh tokens and access tokens are alive while they are`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let cookie = try test.logIn()
        let alive = try life(test)
        #expect(alive.isAlive && alive.sessions.map(\.id) == [login.session.id, cookie.session.id])
        #expect(alive.families == 1 && alive.tokensUntil == login.access?.expiry)
        try test.run(RefreshRevocation(.ids([try test.family(login).id.text]), reason: nil))
        let revoked = try life(test)
        #expect(revoked.sessions.count == 2 && revoked.families == 0)
    }

    @Test func `after a logout nothing is`() throws {
        let test = try TestStore()
        let logouts: [@Sendable (TestStore, String) throws -> Void] = [
            { try $0.run(SessionRevocation(.ids([$1]), reason: nil)) },
            { test, _ in try test.run(UserLogout(["alice"], reason: nil)) },
            { test, _ in try test.run(FloorLogout(.clients(["default"]), reason: nil)) },
            { test, _ in try test.run(FloorLogout(.everyone, reason: nil)) },
        ]
        for logout in logouts {
            let login = try test.logInWithTokens()
            #expect(try life(test).isAlive)
            try logout(test, login.session.id.text)
            let gone = try life(test)
            #expect(!gone.isAlive && gone.sessions.isEmpty && gone.families == 0 && gone.tokensUntil == nil)
            #expect(try test.verify(login.access?.text) != .active)
        }
    }

    /// A session can run out before the access token it gave: a verifier that asks nobody still accepts it.
    @Test func `an access token that outlives its idle session is alive until it expires, to the millisecond`() throws {
        let test = try TestStore()
        try test.set("refresh.idle", "1m")
        let login = try test.logInWithTokens()
        test.clock.now = login.session.idleDeadline
        let expiry = try #require(login.access?.expiry)
        #expect(try life(test).sessions.isEmpty && life(test).tokensUntil == expiry)
        #expect(try test.verify(login.access?.text) == .active)
        test.clock.now = expiry - .ms
        #expect(try life(test).isAlive && test.verify(login.access?.text) == .active)
        test.clock.now = expiry
        #expect(try !life(test).isAlive && test.verify(login.access?.text) == .inactive(.expired))
    }

    @Test func `a rule that is lifted brings its tokens back, and the answer says so`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        #expect(try !life(test).isAlive)
        let rule = try #require(try test.read { try $0.denyRule(.session, login.session.id.text) })
        try test.run(DenylistRemoval([String(rule.id)], reason: nil))
        #expect(try life(test).tokensUntil == login.access?.expiry)
        #expect(try test.verify(login.access?.text) == .active)
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        #expect(try !life(test).isAlive)
    }

    @Test func `a token without a session is alive too, until it is denied or its key is revoked`() throws {
        let test = try TestStore()
        let token = try test.store.issue(AccessTokenRequest(user: "alice"), as: test.actor)
        #expect(try life(test).sessions.isEmpty && life(test).tokensUntil == token.expiry)
        try test.run(UserLogout(["alice"], reason: nil))
        #expect(try !life(test).isAlive)
        let next = try test.store.issue(AccessTokenRequest(user: "alice"), as: test.actor)
        #expect(try life(test).tokensUntil == next.expiry)
        try test.revokeKey(try #require(try test.signer), replacing: true)
        #expect(try !life(test).isAlive && test.verify(next.text) != .active)
    }

    @Test func `other people's tokens do not count`() throws {
        let test = try TestStore()
        _ = try test.logIn()
        _ = try test.logInWithTokens("bob")
        _ = try test.store.issue(AccessTokenRequest(user: "carol"), as: test.actor)
        try test.run(SessionRevocation(.ids([try life(test).sessions.only.id.text]), reason: nil))
        #expect(try !life(test).isAlive)
        #expect(try failure { _ = try life(test, "nobody") } == .notFound)
    }
}
