import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct SessionStateTests {
    @Test func `a session is idle from the very millisecond of its deadline`() throws {
        let session = try TestStore().logIn().session
        let deadline = session.createdAt + .hours(1)
        #expect(session.idleDeadline == deadline && session.aliveUntil == deadline)
        #expect(session.state(at: session.createdAt) == .active)
        #expect(session.state(at: deadline - .ms) == .active)
        #expect(session.state(at: deadline) == .idleExpired)
        #expect(session.endedAt(asOf: deadline - .ms) == nil)
        #expect(session.endedAt(asOf: deadline) == deadline)
    }

    @Test func `absolute expiry holds however busy the session was`() throws {
        var session = try TestStore().logIn().session
        session.lastSeenAt = session.absoluteExpiry - .minutes(1)
        #expect(session.absoluteExpiry == session.createdAt + .days(1))
        #expect(session.state(at: session.absoluteExpiry - .ms) == .active)
        #expect(session.state(at: session.absoluteExpiry) == .expired)
        #expect(session.endedAt(asOf: session.absoluteExpiry) == session.absoluteExpiry)
    }

    @Test func `an act ends it at its instant and for ever`() throws {
        var session = try TestStore().logIn().session
        let at = session.createdAt + .minutes(10)
        session.end = End(at: at, reason: "revoked", by: "dana")
        #expect(session.state(at: at - .ms) == .active)
        #expect(session.state(at: at) == .ended)
        #expect(session.state(at: session.absoluteExpiry + .days(400)) == .ended)
        #expect(session.endedAt(asOf: at) == at)
    }

    @Test func `a floor ends what was valid by it, and not what began after`() throws {
        var session = try TestStore().logIn().session
        let now = session.createdAt + .minutes(10)
        session.floor = session.validFrom - .ms
        #expect(session.state(at: now) == .active)
        session.floor = session.validFrom
        #expect(session.state(at: now) == .loggedOut)
        #expect(session.endedAt(asOf: now) == session.validFrom)
        session.validFrom = session.floor + .ms
        #expect(session.state(at: now) == .active)
    }

    @Test func `a floor does not rename what had expired before it`() throws {
        var session = try TestStore().logIn().session
        session.floor = session.idleDeadline
        #expect(session.state(at: session.floor) == .idleExpired)
        session.floor = session.idleDeadline - .ms
        #expect(session.state(at: session.idleDeadline) == .loggedOut)
    }

    @Test func `a login with tokens lives by the refresh policies`() throws {
        let session = try TestStore().logInWithTokens().session
        #expect(session.idleTimeout == .days(7))
        #expect(session.absoluteExpiry == session.createdAt + .days(30))
    }
}
