import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// `iat` is in whole seconds, and a cut-off matches all of its own second: issuing gives way to it.
@Suite struct CutOffTests {
    @Test(arguments: ["user", "client", "everyone"])
    func `a login in the second of a cut-off waits for the next, and its token is good`(_ scope: String) throws {
        let test = try TestStore()
        test.clock.now = .t0 + .hours(1) + .milliseconds(300)
        let before = try test.logInWithTokens(client: "web")
        switch scope {
        case "user": try test.run(UserLogout(["alice"], reason: nil))
        case "client": try test.run(FloorLogout(.clients(["web"]), reason: nil))
        default: try test.run(FloorLogout(.everyone, reason: nil))
        }
        let login = try test.logInWithTokens(client: "web")
        #expect(try test.clock.slept.only <= .seconds(1))
        let iat = try #require(try test.claims(login.access?.text ?? "")["iat"]?.integerValue)
        #expect(iat == (Instant.t0 + .hours(1)).seconds + 1)
        #expect(Instant(seconds: iat) <= test.now)
        #expect(try test.verify(login.access?.text) == .active)
        #expect(try test.verify(before.access?.text) != .active)
    }

    @Test func `who is not meant does not wait`() throws {
        let test = try TestStore()
        _ = try test.logInWithTokens("alice")
        try test.run(UserLogout(["alice"], reason: nil))
        let bob = try test.logInWithTokens("bob")
        #expect(test.clock.slept.isEmpty)
        #expect(try test.verify(bob.access?.text) == .active)
    }

    @Test func `a cut-off at the last millisecond of a second waits one`() throws {
        let test = try TestStore()
        _ = try test.logInWithTokens()
        test.clock.now = .t0 + .hours(1) + .milliseconds(999)
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        let login = try test.logInWithTokens()
        #expect(try test.verify(login.access?.text) == .active)
        #expect(test.clock.slept.reduce(.zero, +) <= .milliseconds(2))
    }

    @Test func `a logout between refreshes of a kept session does not end it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(UserLogout(["alice"], keep: [login.session.id.text], reason: nil))
        let pair = try test.refresh(login.refreshToken).pair
        #expect(try test.verify(login.access?.text) == .inactive(.deniedUser))
        #expect(try test.verify(pair.access.text) == .active)
    }

    @Test(arguments: ["user", "everyone"])
    func `with the clock behind by less than the skew a cut-off still takes no more than a second`(_ scope: String)
        throws
    {
        let test = try TestStore()
        _ = try test.logInWithTokens()
        test.clock.now = .t0 + .hours(1) + .milliseconds(400)
        switch scope {
        case "user": try test.run(UserLogout(["alice"], reason: nil))
        default: try test.run(FloorLogout(.everyone, reason: nil))
        }
        let lag = Duration.seconds(59)
        test.advance(Duration.zero - lag)
        let login = try test.logInWithTokens()
        #expect(try test.clock.slept.only <= .seconds(1))
        #expect(login.session.createdAt - test.now <= lag)
        let iat = try #require(try test.claims(login.access?.text ?? "")["iat"]?.integerValue)
        #expect(iat == login.session.createdAt.seconds && iat == (Instant.t0 + .hours(1)).seconds + 1)
        #expect(try test.verify(login.access?.text) == .active)
        #expect(Instant(seconds: iat) - test.now <= .minutes(1))
    }

    @Test func `logging out and in does not run away from a clock that is behind`() throws {
        let test = try TestStore()
        test.clock.now = .t0 + .hours(1)
        _ = try test.logInWithTokens()
        test.advance(.seconds(-30))
        for _ in 0..<40 {
            try test.run(UserLogout(["alice"], reason: nil))
            let login = try test.logInWithTokens()
            #expect(try test.verify(login.access?.text) == .active)
        }
        #expect(test.clock.slept.allSatisfy { $0 <= .seconds(1) })
        // Each write takes a millisecond of store time whatever the clock says.
        #expect(try test.read { $0.facts.lastWriteAt } - test.now < .seconds(31))
    }

    @Test func `a clock that is behind by more than the skew is busy, and nobody waits for it`() throws {
        let test = try TestStore()
        _ = try test.logInWithTokens()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        test.advance(.seconds(-61))
        #expect(try failure { _ = try test.logInWithTokens() } == .busy)
        #expect(test.clock.slept.isEmpty)
    }

    @Test(arguments: ["web", ""])
    func `a floor whose rule was lifted is given way to all the same`(_ client: String) throws {
        let test = try TestStore()
        test.clock.now = .t0 + .hours(1)
        try test.logIn(client: "web")
        try test.run(FloorLogout(client.isEmpty ? .everyone : .clients([client]), reason: nil))
        let rule = try test.read { try $0.denyRules(limit: 2).items.only }
        try test.run(DenylistRemoval([String(rule.id)], reason: nil))
        let login = try test.logInWithTokens(client: "web")
        #expect(try test.verify(login.access?.text) == .active)
        #expect(test.clock.slept.count == 1)
    }
}
