import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRotationTests {
    @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .hs256])
    func `a new store has a signer and a standby that verifiers know`(_ algorithm: SignatureAlgorithm) throws {
        let test = try TestStore(algorithm)
        let signer = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        #expect(try test.standbys.count == 1 && signer != standby)
        #expect(try test.key(signer).algorithm == algorithm)
        #expect((try test.key(standby).publishedAt != nil) == !algorithm.isSymmetric)
        let token = try #require(try test.logInWithTokens().access)
        #expect(token.kid == signer)
        #expect(try test.verify(token.text) == .active)
    }

    @Test func `a known standby signs at once, the next stands by, and nobody is logged out`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let first = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        #expect(try test.signer == standby)
        #expect(try test.keyState(first) == .retiring)
        #expect(try test.standbys.count == 1)
        #expect(try test.key(try #require(try test.standbys.first)).publishedAt != nil)
        #expect(try test.verify(login.access?.text) == .active)
        let pair = try test.refresh(login.refreshToken).pair
        #expect(pair.access.kid == standby)
        #expect(try test.verify(pair.access.text) == .active)
        #expect(try test.auditVerbs.suffix(2) == ["key.rotate", "key.publish"])
    }

    @Test func `until verifiers know it the predecessor signs on, and not a millisecond longer`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        let known = try #require(try test.key(standby).publishedAt) + .minutes(11)
        try test.rotate()
        let pending = try test.read { try $0.signingSchedule().pending(at: $0.now) }
        #expect(pending?.key.kid == standby && pending?.takesOver == known)
        #expect(try test.keyState(standby) == .standby)
        #expect(try test.logInWithTokens().access?.kid == first)

        let schedule = try test.read { try $0.signingSchedule() }
        #expect(schedule.signer(at: known - .ms)?.key.kid == first)
        #expect(schedule.signer(at: known)?.key.kid == standby)
        #expect(schedule.signer(at: known)?.since == known)
        #expect(schedule.state(of: try test.key(first), at: known - .ms) == .active)
        #expect(schedule.state(of: try test.key(first), at: known) == .retiring)
        test.clock.now = known
        #expect(try test.logInWithTokens().access?.kid == standby)
    }

    @Test func `rotating again while a promotion waits changes nothing`() throws {
        let test = try TestStore()
        try test.rotate()
        let keys = try test.count("signing_key")
        let last = try test.read { $0.facts.lastWriteAt }
        let report = try test.rotate()
        #expect(report.unchanged == 1 && report.changed == 0 && report.audit == nil)
        #expect(try test.count("signing_key") == keys)
        #expect(try test.read { $0.facts.lastWriteAt } == last)
    }

    @Test func `two crons that decided on the same schedule rotate once`() throws {
        let test = try TestStore()
        test.waitUntilKeysAreKnown()
        let acts = try (0..<2).map { _ in try KeyRotation(.init(), reason: nil, preparing: test.store) }
        let standby = try #require(try test.standbys.first)
        #expect(try test.run(acts[0]).changed == 2)
        #expect(try test.run(acts[1]).unchanged == 1)
        #expect(try test.signer == standby)
        #expect(try test.count("signing_key") == 3)
        #expect(try test.count("signing_schedule") == 2)
    }

    @Test func `only an old key is rotated when told so`() throws {
        let test = try TestStore()
        let since = try #require(try test.read { try $0.signingSchedule().signer(at: $0.now)?.since })
        test.clock.now = since + .days(30) - .ms
        #expect(try test.rotate { $0.ifOlderThan = .days(30) }.unchanged == 1)
        test.clock.now = since + .days(30)
        #expect(try test.rotate { $0.ifOlderThan = .days(30) }.changed == 2)
        #expect(try test.rotate { $0.ifOlderThan = .days(30) }.unchanged == 1)
    }

    @Test func `an emergency does not wait`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        try test.rotate { $0.isEmergency = true }
        #expect(try test.signer == standby)
        #expect(try test.preview(try KeyRotation(.emergency, reason: nil, preparing: test.store)).tier == .two)
    }

    @Test func `an emergency takes the promotion that waits`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        try test.rotate()
        try test.rotate { $0.isEmergency = true }
        #expect(try test.signer == standby)
        #expect(try test.standbys.count == 1)
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now) } == nil)
    }

    @Test func `changing the algorithm stays changed`() throws {
        let test = try TestStore()
        test.waitUntilKeysAreKnown()
        try test.rotate { $0.algorithm = .edDSA }
        // Made for this, so verifiers do not know it yet.
        #expect(try test.key(try #require(try test.signer)).algorithm == .es256)
        test.waitUntilKeysAreKnown()
        #expect(try test.key(try #require(try test.signer)).algorithm == .edDSA)
        #expect(try Set(test.standbys.map { try test.key($0).algorithm }) == [.es256, .edDSA])
        test.advance(.days(30))
        try test.rotate()
        #expect(try test.key(try #require(try test.signer)).algorithm == .edDSA)
    }

    @Test func `a standby may be named, and nothing else`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        try test.run(KeyGeneration(.es256, kid: "named", reason: nil))
        test.waitUntilKeysAreKnown()
        try test.rotate { $0.to = "named" }
        #expect(try test.signer == "named")
        #expect(try test.rotate { $0.to = "named" }.unchanged == 1)
        #expect(try failure { try test.rotate { $0.to = first } } == .refused)
        #expect(try failure { try test.rotate { $0.to = "no-such-key" } } == .notFound)
    }

    @Test func `a store without keys gets its first signer and its standby by rotating`() throws {
        let test = try TestStore(nil)
        #expect(try test.signer == nil)
        try test.rotate()
        #expect(try test.signer != nil)
        #expect(try test.standbys.count == 1)
    }

    @Test func `a standby that nobody published never signs`() throws {
        let test = try TestStore()
        try test.set("jwks.file", "none")
        try test.run(KeyGeneration(.es256, kid: "unseen", reason: nil))
        let first = try #require(try test.signer)
        try test.rotate { $0.to = "unseen" }
        test.advance(.days(300))
        #expect(try test.signer == first)
        let pending = try test.read { try $0.signingSchedule().pending(at: $0.now) }
        #expect(pending?.key.kid == "unseen" && pending?.takesOver == nil)
        try test.run(KeyPublication(path: test.keySetPath))
        test.waitUntilKeysAreKnown()
        #expect(try test.signer == "unseen")
    }

    @Test func `a change of policy does not hand signing back to the predecessor`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        let since = try test.read { try $0.signingSchedule().signer(at: $0.now)?.since }
        test.advance(.hours(2))
        try test.cleanUp()
        try test.set("jwks.max_age", "7d")
        #expect(try test.signer == standby)
        #expect(try test.read { try $0.signingSchedule().signer(at: $0.now)?.since } == since)
        _ = try #require(try test.logInWithTokens().access)
    }

    @Test func `a shorter cache lifetime does not hurry a promotion that waits`() throws {
        let test = try TestStore()
        try test.rotate()
        let before = try test.read { try $0.signingSchedule().pending(at: $0.now)?.takesOver }
        try test.set("jwks.max_age", "1m")
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now)?.takesOver } == before)
    }

    @Test func `many rotations never leave two signers, a gap, or a token behind`() throws {
        let test = try TestStore()
        var tokens: [(text: String, expiry: Instant)] = []
        for round in 0..<6 {
            test.advance(.minutes(round.isMultiple(of: 2) ? 3 : 40))
            try test.rotate { $0.isEmergency = round == 4 }
            let token = try #require(try test.logInWithTokens().access)
            tokens.append((token.text, token.expiry))
            try test.cleanUp()
            let schedule = try test.read { try $0.signingSchedule() }
            #expect(schedule.keys.count { schedule.state(of: $0, at: test.now) == .active } == 1)
            #expect(try test.standbys.count >= 1)
            for token in tokens where token.expiry > test.now + .seconds(1) {
                #expect(try test.verify(token.text) == .active)
            }
        }
    }
}

extension KeyRotation.Options {
    fileprivate static var emergency: KeyRotation.Options {
        var options = KeyRotation.Options()
        options.isEmergency = true
        return options
    }
}
