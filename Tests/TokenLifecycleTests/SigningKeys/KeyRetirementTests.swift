import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRetirementTests {
    /// A store whose first key signed one token and then gave way; its kid and that token's expiry.
    private func retired() throws -> (TestStore, kid: String, lastExpiry: Instant) {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        let token = try #require(try test.logInWithTokens().access)
        try test.rotate()
        return (test, kid, token.expiry)
    }

    @Test func `the private half is kept for the rollback and then destroyed`() throws {
        let (test, kid, _) = try retired()
        let takenOver = try #require(
            try test.read { reader in
                let schedule = try reader.signingSchedule()
                return schedule.successorTookOver(try reader.key(named: kid), at: reader.now)
            })
        // A cleanup writes more than once, and store time moves with each.
        test.clock.now = takenOver + .hours(1) - .seconds(1)
        #expect(try test.cleanUp().privateHalves.isEmpty)
        #expect(try test.key(kid).hasPrivateHalf)
        func halves() throws -> CleanupTable? {
            try Cleanup(.init()).survey(test.store).tables().first { $0.name == .privateHalves }
        }
        #expect(try halves()?.kept.contains(.init(why: .rollback, rows: 1, until: takenOver + .hours(1))) == true)
        test.clock.now = takenOver + .hours(1)
        #expect(try halves()?.remaining == 1 && halves()?.oldestRemaining == takenOver + .hours(1))
        #expect(try test.cleanUp().privateHalves == [kid])
        let key = try test.key(kid)
        #expect(!key.hasPrivateHalf && key.destroyedAt != nil)
    }

    @Test func `it leaves the key set only when none of its tokens can verify`() throws {
        let (test, kid, last) = try retired()
        try test.set("key.rollback", "0s")
        test.clock.now = last + .minutes(1)
        #expect(try test.cleanUp().keysRemoved.isEmpty)
        #expect(try test.keyState(kid) == .retiring)
        test.clock.now = last + .minutes(1) + .ms
        #expect(try test.cleanUp().keysRemoved == [kid])
        #expect(try test.keyState(kid) == .removed)
        #expect(try test.read { try $0.keySet().kids }.contains(kid) == false)
    }

    @Test func `removal follows what was signed, not today's policy`() throws {
        let test = try TestStore()
        try test.set("access.ttl.max", "24h")
        let kid = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        var request = AccessTokenRequest(user: "alice")
        request.lifetime = .hours(24)
        let token = try test.store.issue(request, as: test.actor)
        try test.set("access.ttl.max", "15m")
        try test.rotate()
        test.advance(.hours(23))
        #expect(try test.cleanUp().keysRemoved.isEmpty)
        #expect(try test.verify(token.text) == .active)
        test.clock.now = token.expiry + .minutes(2)
        #expect(try test.cleanUp().keysRemoved == [kid])
    }

    @Test func `a key that can still be brought back stays`() throws {
        let (test, kid, last) = try retired()
        test.clock.now = last + .minutes(2)
        #expect(try test.cleanUp().keysRemoved.isEmpty)
        #expect(try test.keyState(kid) == .retiring)
    }

    @Test func `a removed key's tokens are refused, and its kid is never used again`() throws {
        let (test, kid, last) = try retired()
        test.clock.now = last + .hours(2)
        let old = try test.sign(test.claims(), kid: kid)
        try test.cleanUp()
        #expect(try test.keyState(kid) == .removed)
        #expect(try test.verify(old) == .inactive(.keyRemoved))
        #expect(try failure { try test.run(KeyGeneration(.es256, kid: kid, reason: nil)) } == .refused)
        #expect(try test.count("signing_key WHERE kid = \(kid)") == 1)
        #expect(try test.count("issued i JOIN signing_key k ON k.id = i.key_id WHERE k.kid = \(kid)") == 0)
    }

    @Test func `the signer and the standby are never touched`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        for _ in 0..<20 {
            test.advance(.days(29))
            #expect(try test.cleanUp().total == 0)
        }
        #expect(try test.signer == signer)
        #expect(try test.standbys == [standby])
    }

    @Test func `cleanup publishes the smaller set`() throws {
        let (test, kid, last) = try retired()
        #expect(try test.publishedKids().contains(kid))
        test.clock.now = last + .hours(2)
        try test.cleanUp()
        #expect(try !test.publishedKids().contains(kid))
        #expect(try test.publishedKids().count == 2)
    }

    /// Put back past the program, as from a backup: the seal still opens.
    @Test(
        arguments: [
            "removed_at = 1", "revoked_at = 1, revoke_cause = 'test'", "overwritten_at = 1, destroyed_at = 1",
        ] as [SQL])
    func `a private half that no act leaves is told of, and cleanup destroys it`(_ record: SQL) throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        try test.tamper("UPDATE signing_key SET " + record + " WHERE kid = \(standby)")
        func finding() throws -> Finding? {
            try test.store.diagnose(.instant).findings.first { $0.check == "private_halves" }
        }
        #expect(try finding()?.isUntrusted == true && finding()?.hint?.contains("tokenctl cleanup") == true)
        try test.logIn()
        #expect(try test.key(standby).hasPrivateHalf, "a login does not sweep the evidence away")
        #expect(try Cleanup(.init()).survey(test.store).counts.privateHalves == [standby])
        #expect(try test.cleanUp().privateHalves == [standby])
        #expect(try !test.key(standby).hasPrivateHalf && test.key(standby).destroyedAt ?? .earliest > .t0)
        #expect(try finding()?.answer == .ok)
    }

    @Test func `cleanup leaves the key that signs, and rotating to a fresh one destroys its half`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        try test.tamper("UPDATE signing_key SET overwritten_at = 1, destroyed_at = 1 WHERE kid = \(kid)")
        #expect(try test.cleanUp().privateHalves == [])
        let found = try test.store.diagnose(.instant).findings.first { $0.check == "private_halves" }
        #expect(found?.isUntrusted == true && found?.hint?.contains("rotate --fresh") == true)
        try test.rotate { $0.isFresh = true }
        #expect(try !test.key(kid).hasPrivateHalf)
        #expect(try test.store.diagnose(.instant).findings.first { $0.check == "private_halves" }?.answer == .ok)
    }
}
