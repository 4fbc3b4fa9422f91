import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct SessionRevocationTests {
    @Test func `ending a session ends its refresh tokens and denies its access tokens`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let other = try test.logInWithTokens()
        let report = try test.run(SessionRevocation(.ids([login.session.id.text]), reason: "stolen"))
        #expect(report.changed == 1 && report.stillValidUntil == login.access?.expiry)
        let session = try test.session(login)
        #expect(session.end?.reason == "revoked" && session.end?.by == "tester")
        #expect(try test.refresh(login.refreshToken).refusal == .ended)
        #expect(try test.verify(login.access?.text) == .inactive(.deniedSession))
        #expect(try test.verify(other.access?.text) == .active)
        #expect(try test.state(other) == .active)
        let rule = try #require(try test.read { try $0.denyRule(.session, session.id.text) })
        #expect(rule.reason == "stolen" && rule.auditSeq == report.audit)
        #expect(rule.matchesUntil == login.access?.expiry)
    }

    @Test func `a session without access tokens needs no rule`() throws {
        let test = try TestStore()
        let cookie = try test.logIn()
        try test.run(SessionRevocation(.ids([cookie.session.id.text]), reason: nil))
        let old = try test.logInWithTokens()
        test.advance(.hours(1))
        try test.run(SessionRevocation(.ids([old.session.id.text]), reason: nil))
        #expect(try test.count("deny_rule") == 0)
    }

    @Test func `already ended is unchanged, with when, by whom and why`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        let idle = try test.logIn()
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        let first = try test.session(login).end
        test.advance(.hours(1) + .seconds(1))
        let report = try test.run(
            SessionRevocation(.ids([login.session.id.text, idle.session.id.text]), reason: nil))
        #expect(report.changed == 0 && report.unchanged == 2 && report.audit == nil)
        #expect(report.items[0].note?.hasSuffix("by tester: revoked") == true)
        #expect(report.items[1].note?.hasPrefix("idle_expired since") == true)
        #expect(try test.session(login).end == first)
    }

    @Test func `access tokens that outlive an idle session are denied, and it is said until when they pass elsewhere`()
        throws
    {
        let test = try TestStore()
        try test.set("session.idle", "1m")
        let login = try test.logIn()
        let token = try #require(try test.issue(session: login))
        test.advance(.seconds(90))
        #expect(try test.state(login) == .idleExpired)
        #expect(try test.verify(token.text) == .active)
        let act = SessionRevocation(.ids([login.session.id.text]), reason: "stolen")
        #expect(try test.preview(act).count == 1 && (try test.preview(act).stillValidUntil == token.expiry))
        let report = try test.run(act)
        #expect(try report.items.only.outcome == .denied && report.stillValidUntil == token.expiry)
        #expect(try report.items.only.note?.hasPrefix("idle_expired since") == true)
        #expect(try test.verify(token.text) == .inactive(.deniedSession))
        #expect(try test.state(login) == .idleExpired)
        let rule = try #require(try test.read { try $0.denyRule(.session, login.session.id.text) })
        #expect(rule.auditSeq == report.audit && rule.matchesUntil == token.expiry)
        let again = try test.run(act)
        #expect(again.unchanged == 1 && again.audit == nil)
    }

    @Test func `unknown ids are all named, and nothing changes`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        let act = SessionRevocation(.ids([login.session.id.text, "ses_00000000", "nonsense"]), reason: nil)
        do {
            try test.run(act)
            Issue.record("an unknown session was accepted")
        } catch let failure as Failure {
            #expect(failure.kind == .notFound && failure.target == "ses_00000000 nonsense")
        }
        #expect(try test.state(login) == .active)
    }

    @Test func `a filter ends what it means, and keeps what is to be kept`() throws {
        let test = try TestStore()
        let logins = try (0..<3).map { _ in try test.logIn("alice") }
        let bob = try test.logIn("bob")
        var filter = SessionFilter()
        filter.users = ["alice"]
        let act = SessionRevocation(.filter(filter), keep: [logins[1].session.id.text], reason: nil)
        let preview = try test.preview(act)
        #expect(preview.count == 2 && preview.tier == .two)
        #expect(preview.byUser.map(\.name) == ["alice"] && preview.byUser.map(\.count) == [2])
        #expect(try test.run(act).changed == 2)
        #expect(
            try [logins[0], logins[1], logins[2], bob].map { try test.state($0) } == [.ended, .active, .ended, .active])
    }

    @Test func `the tier follows what ends`() {
        #expect([0, 1, 2, 25, 26, 5000].map { Tier.ending($0) } == [.one, .one, .two, .two, .three, .three])
    }
}
