import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct RefreshRevocationTests {
    @Test func `ending a family leaves the session, and denies the access tokens it gave out`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let family = try test.family(login)
        let report = try test.run(RefreshRevocation(.ids([family.id.text]), reason: "INC-1"))
        #expect(report.changed == 1 && report.stillValidUntil == login.access?.expiry)
        #expect(try test.state(login) == .active)
        #expect(try test.refresh(login.refreshToken).refusal == .ended)
        #expect(try test.verify(login.access?.text) == .inactive(.deniedSession))
        #expect(try test.family(login).ownEnd?.reason == "family_revoked")
        // The session may be issued a token of its own again, once the second of the cut-off is over.
        var request = AccessTokenRequest(user: "alice")
        request.session = login.session.id.text
        #expect(try test.verify(test.store.issue(request, as: test.actor).text) == .active)
    }

    @Test func `with the session asked for, the whole login ends`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let family = try test.family(login)
        try test.run(RefreshRevocation(.ids([family.id.text]), ending: .session, reason: "INC-1"))
        #expect(try test.state(login) == .ended)
        #expect(try test.session(login).end?.reason == "family_revoked")
        #expect(try test.refresh(login.refreshToken).refusal == .ended)
        #expect(try test.verify(login.access?.text) == .inactive(.deniedSession))
    }

    @Test func `a filter reaches the live families it means and no other`() throws {
        let test = try TestStore()
        let alice = try (0..<3).map { _ in try test.logInWithTokens() }
        let bob = try test.logInWithTokens("bob")
        try test.logIn()
        var filter = FamilyFilter()
        filter.session.users = ["alice"]
        let preview = try test.preview(RefreshRevocation(.filter(filter), reason: "INC-1"))
        #expect(preview.count == 3 && preview.tier == .two)
        #expect(try test.run(RefreshRevocation(.filter(filter), reason: "INC-1")).changed == 3)
        for login in alice { #expect(try test.refresh(login.refreshToken).refusal == .ended) }
        #expect(try test.refresh(bob.refreshToken).pair.session.user == "bob")
        #expect(try test.auditVerbs.last == "refresh.revoke")
    }

    @Test func `what has ended is unchanged and audits nothing; an unknown id changes nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let id = try test.family(login).id.text
        try test.run(RefreshRevocation(.ids([id]), reason: nil))
        let events = try test.count("audit_event")
        let again = try test.run(RefreshRevocation(.ids([id]), reason: nil))
        #expect(again.unchanged == 1 && again.audit == nil)
        #expect(again.items.first?.note?.contains("family_revoked") == true)
        #expect(try test.count("audit_event") == events)
        let other = try test.logInWithTokens()
        let live = try test.family(other).id.text
        #expect(try failure { try test.run(RefreshRevocation(.ids([live, "rt_nobody00"]), reason: nil)) } == .notFound)
        #expect(try test.family(other).state(at: test.now) == .active)
    }
}
