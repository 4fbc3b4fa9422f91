import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct RotationTests {
    @Test func `the current token is spent for a new pair`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(scope: ["read", "write"])
        test.advance(.minutes(5))
        let pair = try test.refresh(login.refreshToken, from: "192.0.2.9").pair
        #expect(!pair.wasRepeated && pair.refreshToken != login.refreshToken)
        #expect(pair.session.id == login.session.id)
        #expect(try test.verify(pair.access.text) == .active)
        #expect(try test.verify(login.access?.text) == .active)

        let family = try test.family(login)
        #expect(family.generation == 2 && family.spentFrom?.description == "192.0.2.9")
        #expect(family.spentAt == pair.session.lastSeenAt)
        #expect(family.scope == ["read", "write"])
    }

    @Test func `a login lives as long as it is refreshed, and never past its absolute expiry`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        var token = login.refreshToken
        for _ in 0..<4 {
            test.advance(.days(6))
            token = try test.refresh(token).pair.refreshToken
        }
        let session = try test.session(login)
        #expect(session.loginAt == login.session.loginAt && session.absoluteExpiry == login.session.absoluteExpiry)
        #expect(session.aliveUntil == session.absoluteExpiry)
        test.clock.now = session.absoluteExpiry
        #expect(try test.refresh(token).refusal == .expired)
    }

    @Test func `not refreshed for its idle time, it is over at that millisecond`() throws {
        let test = try TestStore()
        let early = try test.logInWithTokens("alice")
        let late = try test.logInWithTokens("bob")
        test.clock.now = try test.session(late).idleDeadline
        #expect(try test.refresh(late.refreshToken).refusal == .expired)
        #expect(try test.refresh(early.refreshToken).refusal == .expired)

        let inTime = try TestStore()
        let login = try inTime.logInWithTokens()
        inTime.clock.now = try inTime.session(login).idleDeadline - .ms
        #expect(try inTime.refresh(login.refreshToken).refusal == nil)
    }

    @Test func `the access token ends with the session, and its last second has none`() throws {
        let test = try TestStore()
        try test.set("refresh.ttl", "20m")
        let login = try test.logInWithTokens()
        let end = login.session.absoluteExpiry
        test.clock.now = end - .minutes(1)
        let pair = try test.refresh(login.refreshToken).pair
        #expect(pair.access.expiry == Instant(seconds: end.seconds))
        test.clock.now = Instant(seconds: end.seconds)
        #expect(try test.refresh(pair.refreshToken).refusal == .expired)
        #expect(try test.family(login).generation == 2)
    }

    @Test func `scope may only be narrowed, and the family keeps all of it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(scope: ["read", "write"])
        #expect(try test.refresh(login.refreshToken, scope: ["read", "admin"]).refusal == .wrongScope)
        let narrow = try test.refresh(login.refreshToken, scope: ["read"]).pair
        #expect(try test.claims(narrow.access.text)["scope"]?.stringValue == "read")
        let wide = try test.refresh(narrow.refreshToken).pair
        #expect(try test.claims(wide.access.text)["scope"]?.stringValue == "read write")
        let bare = try test.logInWithTokens("bob")
        #expect(try test.refresh(bare.refreshToken, scope: ["read"]).refusal == .wrongScope)
    }

    @Test func `another client does not spend it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        #expect(try test.refresh(login.refreshToken, client: "ios").refusal == .wrongClient)
        #expect(try test.refresh(login.refreshToken, client: "Web").refusal == .wrongClient)
        let family = try test.family(login)
        #expect(family.generation == 1 && family.replayedAt == nil)
        #expect(try test.refresh(login.refreshToken, client: "web").refusal == nil)
    }

    @Test func `an ended login refuses by its own word`() throws {
        let test = try TestStore()
        let revoked = try test.logInWithTokens("alice")
        let loggedOut = try test.logInWithTokens("bob", client: "kiosk")
        try test.run(SessionRevocation(.ids([revoked.session.id.text]), reason: nil))
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        #expect(try test.refresh(revoked.refreshToken).refusal == .ended)
        #expect(try test.refresh(loggedOut.refreshToken).refusal == .loggedOut)
        #expect(try test.family(loggedOut).state(at: test.now + .seconds(1)) == .loggedOut)
    }

    @Test func `what is no refresh token of ours is told apart and changes nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let other = try TestStore().logInWithTokens()
        let before = try test.read { $0.facts.lastWriteAt }
        #expect(try test.refresh("").refusal == .malformed)
        #expect(try test.refresh("hello").refusal == .malformed)
        #expect(try test.refresh(login.refreshToken.map { $0 + "0" }).refusal == .malformed)
        #expect(try test.refresh(login.sessionToken).refusal == .wrongKind)
        #expect(try test.refresh(login.access?.text).refusal == .wrongKind)
        #expect(try test.refresh(other.refreshToken).refusal == .unknown)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
    }
}
