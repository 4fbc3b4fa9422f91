import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRollbackTests {
    /// A store whose standby has just taken over.
    private func rotated() throws -> (test: TestStore, old: String, new: String) {
        let test = try TestStore()
        let old = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        return (test, old, try #require(try test.signer))
    }

    @Test func `the key before signs again, and no token is lost`() throws {
        let (test, old, new) = try rotated()
        let token = try test.logInWithTokens().access
        #expect(token?.kid == new)
        test.advance(.minutes(59))
        try test.run(KeyRollback(reason: "verifiers reject it"))
        #expect(try test.signer == old)
        #expect(try test.keyState(new) == .standby)
        #expect(try test.publishedKids().contains(new))
        #expect(try test.logInWithTokens("bob").access?.kid == old)
        let lasting = try test.store.issue(.init(user: "a"), as: test.actor)
        test.advance(.days(40))
        try test.cleanUp { $0.acceptsClock = true }
        #expect(try test.keyState(new) == .standby)
        #expect(try test.keyState(old) == .active)
        #expect(lasting.kid == old)
    }

    @Test func `what it signed verifies on until it expires`() throws {
        let (test, _, new) = try rotated()
        var request = AccessTokenRequest(user: "a")
        request.lifetime = .hours(1)
        let token = try test.store.issue(request, as: test.actor)
        #expect(token.kid == new)
        try test.run(KeyRollback(reason: nil))
        // Cleanup writes a few times, a millisecond of store time each.
        test.clock.now = token.expiry - .milliseconds(50)
        try test.cleanUp()
        #expect(try test.verify(token.text) == .active)
    }

    @Test func `the window is as long as it was said, and then the private half is gone`() throws {
        let (test, old, _) = try rotated()
        test.advance(.hours(1))
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
        #expect(try test.key(old).hasPrivateHalf)
        // Any write destroys it, also one that has nothing to do with keys.
        try test.logIn("carol")
        #expect(try !test.key(old).hasPrivateHalf)
        #expect(try test.key(old).destroyedAt != nil)
    }

    @Test func `a longer window granted later brings no destroyed key back`() throws {
        let (test, _, _) = try rotated()
        test.advance(.hours(2))
        try test.logIn("carol")
        try test.set("key.rollback", "7d")
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
    }

    @Test func `a promotion that waits is taken back, and its key stands by`() throws {
        let test = try TestStore()
        let (signer, standby) = (try test.signer, try #require(try test.standbys.first))
        try test.rotate()
        try test.run(KeyRollback(reason: nil))
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now) } == nil)
        test.advance(.days(1))
        #expect(try test.signer == signer)
        #expect(try test.standbys.contains(standby))
    }

    @Test func `it undoes one rotation, and the next goes forward again`() throws {
        let (test, old, new) = try rotated()
        try test.run(KeyRollback(reason: nil))
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
        #expect(try test.rotate { $0.ifOlderThan = .days(30) }.unchanged == 1, "it signs only since it came back")
        try test.rotate()
        #expect(try test.signer == new)
        try test.run(KeyRollback(reason: nil))
        #expect(try test.signer == old)
    }

    @Test func `a key that is denied does not come back`() throws {
        let (test, old, new) = try rotated()
        try test.run(DenylistAddition(.key(old), reason: nil))
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
        #expect(try test.signer == new)
    }

    @Test func `the first key was put before by none`() throws {
        let test = try TestStore()
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
        #expect(try failure { try TestStore(nil).run(KeyRollback(reason: nil)) } == .refused)
    }

    @Test func `it is recorded, and asks first`() throws {
        let (test, _, _) = try rotated()
        #expect(try test.preview(KeyRollback(reason: nil)).tier == .two)
        try test.run(KeyRollback(reason: "why"))
        #expect(try test.auditVerbs.last == "key.rotate.back")
    }
}
