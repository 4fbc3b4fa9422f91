import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// `--fresh`: the master key leaked, so no key made before may sign again.
@Suite struct FreshKeyTests {
    @Test(arguments: [SignatureAlgorithm.es256, .hs256])
    func `a new key signs at once, and what stood by has left`(_ algorithm: SignatureAlgorithm) throws {
        let test = try TestStore(algorithm)
        let token = try test.logInWithTokens().access
        let (old, standby) = (try #require(try test.signer), try #require(try test.standbys.first))
        try test.rotate { $0.isFresh = true }
        let new = try #require(try test.signer)
        #expect(![old, standby].contains(new))
        #expect(try test.keyState(standby) == .removed)
        #expect(try test.keyState(old) == .retiring)
        #expect(try test.verify(token?.text) == .active)
        #expect(try test.standbys.count == 1 && !test.standbys.contains(standby))
        #expect(try test.key(old).hasPrivateHalf == algorithm.isSymmetric)
        #expect(try failure { try test.run(KeyRollback(reason: nil)) } == .refused)
        test.advance(.hours(2))
        #expect(try test.cleanUp().keysRemoved == [old])
    }

    @Test func `it says who rejects its tokens, and until when`() throws {
        let test = try TestStore()
        test.advance(.days(1))
        var options = KeyRotation.Options()
        options.isFresh = true
        let rotation = try KeyRotation(options, reason: nil, preparing: test.store)
        let preview = try test.preview(rotation)
        let signer = try test.signer
        #expect(preview.tier == .three && preview.word == signer)
        #expect(
            preview.notes.contains {
                $0.contains("reject its tokens") && $0.contains((test.now + .minutes(11)).rfc3339)
            })
        let report = try test.run(rotation)
        #expect(report.details.first { $0.name == "known_from" }?.value.stringValue != nil)
    }

    @Test func `a promotion that waits does not happen`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        try test.rotate()
        try test.rotate { $0.isFresh = true }
        let new = try test.signer
        test.advance(.days(1))
        #expect(try test.signer == new)
        #expect(try test.keyState(standby) == .removed)
    }

    @Test func `a standby that signed before retires with its tokens`() throws {
        let test = try TestStore()
        test.waitUntilKeysAreKnown()
        try test.rotate()
        let token = try #require(try test.logInWithTokens().access)
        try test.run(KeyRollback(reason: nil))
        #expect(try test.keyState(token.kid) == .standby)
        try test.rotate { $0.isFresh = true }
        #expect(try test.keyState(token.kid) == .retiring)
        #expect(try test.verify(token.text) == .active)
        #expect(try failure { try test.rotate { $0.to = token.kid } } == .refused)
    }

    @Test func `revoking with it trusts the standby no more than the key`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let (old, standby) = (try #require(try test.signer), try #require(try test.standbys.first))
        try test.revokeKey(old, replacing: true) { $0.isFresh = true }
        #expect(try test.keyState(old) == .revoked)
        #expect(try test.keyState(standby) == .removed)
        #expect(![old, standby].contains(try #require(try test.signer)))
        #expect(try test.standbys.count == 1)
        #expect(try test.verify(login.access?.text) == .inactive(.keyRevoked))
        #expect(try test.verify(try test.refresh(login.refreshToken).pair.access.text) == .active)
    }

    @Test func `it replaces the key that signs, and no other`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        #expect(try failure { try test.revokeKey(standby, replacing: true) { $0.isFresh = true } } == .refused)
        #expect(try failure { try test.revokeKey(standby) { $0.isFresh = true } } == .usage)
        #expect(
            try failure {
                try test.rotate {
                    $0.isFresh = true
                    $0.to = standby
                }
            } == .usage)
    }
}
