import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRemovalTests {
    private func refusal(_ test: TestStore, _ kid: String) throws -> Failure? {
        do {
            try test.run(KeyRemoval(kid, reason: nil))
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    @Test func `while a token can verify it is refused, with their number and the time`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        for user in ["a", "b", "c"] { _ = try test.logInWithTokens(user) }
        test.waitUntilKeysAreKnown()
        try test.rotate()
        let latest = try #require(try test.key(kid).latestExpiry)
        let refused = try refusal(test, kid)
        #expect(refused?.kind == .refused)
        #expect(refused?.message.contains("at most 3 unexpired tokens, the last until \(latest.rfc3339)") == true)

        test.advance(.hours(2))
        #expect(try test.preview(KeyRemoval(kid, reason: nil)).tier == .two)
        try test.run(KeyRemoval(kid, reason: nil))
        #expect(try test.keyState(kid) == .removed)
        #expect(try !test.publishedKids().contains(kid))
        #expect(try test.run(KeyRemoval(kid, reason: nil)).unchanged == 1)
    }

    @Test func `its last millisecond is the last token's, the skew and the way back`() throws {
        let test = try TestStore()
        try test.set("key.rollback", "0s")
        let kid = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        _ = try test.logInWithTokens()
        try test.rotate()
        let latest = try #require(try test.key(kid).latestExpiry)
        test.clock.now = latest + .minutes(1)
        #expect(try refusal(test, kid)?.kind == .refused)
        #expect(try test.cleanUp().keysRemoved.isEmpty)
        test.clock.now = latest + .minutes(1) + .ms
        #expect(try test.cleanUp().keysRemoved == [kid])
    }

    @Test func `while it can be brought back it stays`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        #expect(try refusal(test, kid)?.message.contains("brought back") == true)
        test.advance(.hours(1) + .ms)
        #expect(try refusal(test, kid) == nil)
    }

    @Test func `what signs, is to sign, or is the only standby stays`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        #expect(try refusal(test, try #require(try test.signer))?.kind == .refused)
        #expect(try refusal(test, standby)?.kind == .refused)
        try test.run(KeyGeneration(.es256, kid: "spare", reason: nil))
        try test.run(KeyRemoval("spare", reason: nil))
        #expect(try test.keyState("spare") == .removed)
        try test.rotate()
        #expect(try refusal(test, standby)?.message.contains("waits to sign") == true)
    }

    @Test func `an imported key stays until its time, a revoked one is gone already`() throws {
        let test = try TestStore()
        try ForeignApp(.es256).importKey(into: test, until: test.now + .days(1))
        #expect(try refusal(test, "legacy")?.kind == .refused)
        test.advance(.days(1) + .minutes(2))
        try test.run(KeyRemoval("legacy", reason: nil))
        #expect(try test.keyState("legacy") == .removed)
        try ForeignApp(.es256).importKey(into: test, until: test.now + .days(1)) { $0.kid = "other" }
        try test.revokeKey("other")
        #expect(try test.run(KeyRemoval("other", reason: nil)).unchanged == 1)
        #expect(try refusal(test, "nobody")?.kind == .notFound)
    }

    @Test func `a retired secret of our own verifies as long as its tokens live`() throws {
        let test = try TestStore(.hs256)
        try test.set("access.ttl.max", "5h")
        let kid = try #require(try test.signer)
        var request = AccessTokenRequest(user: "a")
        request.lifetime = .hours(4)
        let token = try test.store.issue(request, as: test.actor)
        try test.rotate()
        test.advance(.hours(3))
        try test.cleanUp()
        #expect(try test.verify(token.text) == .active)
        test.advance(.hours(2))
        #expect(try test.cleanUp().keysRemoved == [kid])
        #expect(try !test.key(kid).hasPrivateHalf)
    }
}
