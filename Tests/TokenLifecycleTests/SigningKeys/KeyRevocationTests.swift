import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRevocationTests {
    @Test func `the signer needs a replacement, said aloud`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        #expect(try failure { try test.revokeKey(kid) } == .refused)
        #expect(try test.signer == kid)
    }

    @Test func `a compromised signer stops verifying at once, its standby signs, another stands by`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        let login = try test.logInWithTokens()
        let report = try test.revokeKey(kid, replacing: true)
        let revokedAt = try #require(try test.key(kid).revokedAt)
        #expect(report.stillValidUntil == revokedAt + .minutes(11))
        #expect(try test.verify(login.access?.text) == .inactive(.keyRevoked))
        #expect(try test.signer == standby)
        #expect(try test.standbys.count == 1)
        #expect(try !test.publishedKids().contains(kid))
        #expect(try test.key(kid).revocationCause == .compromised)
        // Nobody is logged out: the client fetches a new access token.
        #expect(try test.verify(try test.refresh(login.refreshToken).pair.access.text) == .active)
    }

    @Test func `a revoked key is gone for good`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let forged = try test.sign(test.claims())
        try test.revokeKey(kid, replacing: true)
        let key = try test.key(kid)
        #expect(!key.hasPrivateHalf && key.destroyedAt != nil)
        #expect(try test.verify(forged) == .inactive(.keyRevoked))
        #expect(try failure { try test.run(KeyGeneration(.es256, kid: kid, reason: nil)) } == .refused)
        #expect(try failure { try test.rotate { $0.to = kid } } == .refused)
        #expect(try test.read { try $0.denyRule(.key, kid)?.matchesUntil } == nil)
        #expect(try test.read { try $0.denyRule(.key, kid) } != nil)
        test.advance(.days(29))
        try test.cleanUp()
        #expect(try test.read { try $0.denyRule(.key, kid) } != nil)
    }

    @Test func `revoking again says since when, and writes nothing`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        try test.revokeKey(kid, replacing: true)
        let events = try test.count("audit_event")
        let again = try test.revokeKey(kid, replacing: true)
        #expect(again.unchanged == 1 && again.changed == 0)
        #expect(try test.count("audit_event") == events)
    }

    @Test func `a revoked standby is replaced by another`() throws {
        let test = try TestStore()
        let signer = try test.signer
        let standby = try #require(try test.standbys.first)
        try test.revokeKey(standby)
        #expect(try test.signer == signer)
        #expect(try test.standbys.count == 1)
        #expect(try !test.standbys.contains(standby))
    }

    @Test func `a revoked promotion leaves the signer alone`() throws {
        let test = try TestStore()
        let signer = try test.signer
        let standby = try #require(try test.standbys.first)
        try test.rotate()
        try test.revokeKey(standby)
        test.advance(.days(1))
        #expect(try test.signer == signer)
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now) } == nil)
        try test.rotate()
        #expect(try test.signer != signer)
    }

    @Test func `with a promotion under way its key replaces the revoked signer`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        try test.rotate()
        try test.revokeKey(signer, replacing: true)
        #expect(try test.signer == standby)
    }

    @Test func `a predecessor does not come back when its successor is revoked`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        let second = try #require(try test.signer)
        try test.revokeKey(second, replacing: true)
        #expect(try test.signer != first)
        #expect(try test.keyState(first) == .retiring)
    }

    @Test func `without a standby the signer is not revoked`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        let act = try test.revocation(of: signer)
        try test.tamper("DELETE FROM signing_key WHERE kid <> \(signer)")
        #expect(try failure { try test.run(act) } == .refused)
        #expect(try test.signer == signer)
    }

    @Test func `the preview names the blast radius`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        for user in ["a", "b", "c"] { _ = try test.logInWithTokens(user) }
        let act = try test.revocation(of: kid)
        let preview = try test.preview(act)
        #expect(preview.tier == .three && preview.word == kid)
        #expect(preview.notes.contains { $0.contains("at most 3 unexpired access tokens") })
        #expect(preview.notes.contains { $0.contains("3 live sessions") })
    }

    @Test func `of an imported key it is said what is known, and nothing else`() throws {
        let test = try TestStore()
        let until = test.now + .days(1)
        try ForeignApp(.hs256).importKey(into: test, until: until)
        try ForeignApp(.es256).importKey(into: test, until: until) {
            $0.kid = "public"
            $0.answersWithoutKid = false
        }
        let secret = try test.revokeKey("legacy")
        #expect(secret.lines.contains { $0.contains("stop verifying here at once, not \(until.rfc3339)") })
        #expect(secret.lines.contains { $0.contains("whoever else has the secret accepts its tokens") })
        #expect(
            !secret.lines.contains { $0.contains("access token") || $0.contains("carries") || $0.contains("refetches") }
        )
        #expect(secret.stillValidUntil == nil)
        let half = try test.revokeKey("public")
        #expect(half.stillValidUntil != nil)
        #expect(half.lines.contains { $0.hasSuffix("no longer carries it") })
        #expect(!half.lines.contains { $0.contains("session") })
    }

    @Test func `a secret of ours was never elsewhere, so nobody accepts it any more`() throws {
        let test = try TestStore(.hs256)
        _ = try test.logInWithTokens()
        let report = try test.revokeKey(try #require(try test.signer), replacing: true)
        #expect(report.lines.contains { $0.contains("never left this store") })
        #expect(report.stillValidUntil == nil)
    }

    @Test func `a key may be named by a unique beginning of six characters`() throws {
        let test = try TestStore()
        try test.run(KeyGeneration(.es256, kid: "release-2026-a", reason: nil))
        try test.run(KeyGeneration(.es256, kid: "release-2026-b", reason: nil))
        #expect(try failure { _ = try test.key("release-2026") } == .notFound)
        #expect(try failure { _ = try test.key("relea") } == .notFound)
        try test.run(KeyGeneration(.es256, kid: "nightly-1", reason: nil))
        #expect(try test.key("nightl").kid == "nightly-1")
        #expect(try failure { _ = try test.key("night") } == .notFound)
    }
}
