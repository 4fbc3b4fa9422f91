import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

/// A lost response, or two tabs of one browser: nobody is to be logged out for it.
@Suite struct GraceTests {
    @Test func `the token just spent gives the same successor again, with a new access token`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let first = try test.refresh(login.refreshToken).pair
        test.advance(.seconds(9))
        let again = try test.refresh(login.refreshToken).pair
        #expect(again.wasRepeated)
        #expect(again.refreshToken == first.refreshToken)
        #expect(again.access.id != first.access.id)
        #expect(try test.verify(again.access.text) == .active)
        #expect(try test.family(login).generation == 2)
    }

    @Test func `the window ends at its millisecond and never restarts`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        let spent = try #require(try test.family(login).spentAt)
        for seconds in [3, 6, 9] as [Int64] {
            test.clock.now = spent + .seconds(seconds)
            #expect(try test.refresh(login.refreshToken).pair.wasRepeated)
        }
        test.clock.now = spent + .seconds(10)
        #expect(try test.refresh(login.refreshToken).pair.wasRepeated)
        test.clock.now = spent + .seconds(10) + .ms
        #expect(try test.refresh(login.refreshToken).refusal == .replayed)
        #expect(try test.state(login) == .ended)
    }

    @Test func `once the successor is used, the token before it is a replay`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let second = try test.refresh(login.refreshToken).pair
        let third = try test.refresh(second.refreshToken).pair
        #expect(try test.refresh(login.refreshToken).refusal == .replayed)
        #expect(try test.refresh(third.refreshToken).refusal == .ended)
    }

    @Test func `a grace of nothing gives nothing`() throws {
        let test = try TestStore()
        try test.set("refresh.grace", "0s")
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        #expect(try test.refresh(login.refreshToken).refusal == .replayed)
    }

    @Test(arguments: [("0s", "1m"), ("1s", "60s")])
    func `a longer grace opens no window that has closed`(before: String, after: String) throws {
        let test = try TestStore()
        try test.set("refresh.grace", before)
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        test.advance(.seconds(30))
        try test.set("refresh.grace", after)
        #expect(try test.refresh(login.refreshToken).refusal == .replayed)
        #expect(try test.state(login) == .ended)
    }

    @Test func `a shorter grace closes no window that is open`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        try test.set("refresh.grace", "0s")
        #expect(try test.cleanUp().successors == 0)
        test.advance(.seconds(9))
        #expect(try test.refresh(login.refreshToken).pair.wasRepeated)
    }

    @Test func `within grace the client and the scope are still checked`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web", scope: ["read"])
        _ = try test.refresh(login.refreshToken).pair
        #expect(try test.refresh(login.refreshToken, client: "ios").refusal == .wrongClient)
        #expect(try test.refresh(login.refreshToken, scope: ["write"]).refusal == .wrongScope)
        #expect(try test.refresh(login.refreshToken).pair.wasRepeated)
    }

    @Test func `a second tab after the logout is no replay`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        #expect(try test.refresh(login.refreshToken).refusal == .ended)
        let family = try test.family(login)
        #expect(family.replayedAt == nil && family.replays == 0)
    }

    @Test func `the sealed successor does not open without the spent secret`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let other = try test.logInWithTokens("mallory")
        let pair = try test.refresh(login.refreshToken).pair
        let family = try test.family(login)
        let sealed = try #require(family.successor)
        let secrets = RefreshSecrets(try test.read { $0.facts }, family: family.id.row)
        let spent = try OpaqueToken(Array((login.refreshToken ?? "").utf8))
        let stranger = try OpaqueToken(Array((other.refreshToken ?? "").utf8))
        let successor = try OpaqueToken(Array(pair.refreshToken.utf8))
        func open(_ sealed: [UInt8], with token: OpaqueToken, generation: Int64 = 1) -> [UInt8]? {
            guard let secret = secrets.open(sealed, with: token.secret, generation: generation) else { return nil }
            return secret.bytes
        }
        let expected = successor.secret.bytes
        #expect(open(sealed, with: spent) == expected)
        #expect(open(sealed, with: stranger) == nil)
        #expect(open(sealed, with: spent, generation: 2) == nil)
        #expect(open(Array(sealed.dropLast()), with: spent) == nil)
    }

    @Test func `cleanup wipes successors once grace is over, not before`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        #expect(try test.cleanUp().successors == 0)
        #expect(try test.refresh(login.refreshToken).pair.wasRepeated)
        test.advance(.seconds(11))
        #expect(try test.cleanUp().successors == 1)
        #expect(try test.family(login).successor == nil)
    }
}
