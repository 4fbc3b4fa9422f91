import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct RefusalTests {
    @Test(arguments: RefusalReason.allCases)
    func `every reason can be met, and inspect gives it`(_ reason: RefusalReason) throws {
        let refused = try RefusedToken(for: reason)
        #expect(try refused.refusals().contains(reason))
    }

    @Test(arguments: RefusalReason.allCases)
    func `introspection of a refused token tells nothing but that`(_ reason: RefusalReason) throws {
        let refused = try RefusedToken(for: reason)
        let answer = try refused.test.read { try $0.introspect(Array(refused.text.utf8)) }
        #expect(answer.text == #"{"active":false}"#)
    }

    @Test func `a rule is explained by the act that made it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let dana = Actor(name: "dana", uid: 7)
        try test.store.run(UserLogout(["alice"], reason: "INC-481"), as: dana)
        test.advance(.minutes(3))
        let checks = try test.read { try $0.inspect(Array((login.access?.text ?? "").utf8)) }.verification.checks
        let check = try #require(checks.first { $0.answer == .no(.deniedUser) })
        let cause = try #require(check.cause)
        let rule = try #require(try test.read { try $0.denyRule(.user, "alice") })
        #expect(cause.rule == rule.id && cause.audit == rule.auditSeq && rule.auditSeq != nil)
        #expect(
            cause.sentence { _ in "3m ago" }
                == "denied by rule \(rule.id): user alice logged out by dana 3m ago, INC-481 (audit \(rule.auditSeq ?? 0))"
        )
        #expect(check.detail == cause.sentence())
        #expect(check.detail.contains("by dana at \(rule.createdAt.rfc3339), INC-481"))
    }

    @Test func `each end is explained by its own act`() throws {
        for (reason, subject, deed) in [
            (RefusalReason.keyRevoked, "key ", " revoked as compromised by tester "),
            (.sessionEnded, "session ses_", " ended by tester "),
            (.sessionLoggedOut, "client web", " logged out by tester "),
            (.deniedEveryone, "everyone", " denied by tester "),
            (.deniedKey, "key ", " denied by tester "), (.deniedToken, "token ", " denied by tester "),
        ] {
            let refused = try RefusedToken(for: reason)
            var expectations = Expectations()
            expectations.online = true
            let checks = try refused.test.read {
                try $0.inspect(Array(refused.text.utf8), expectations).verification.checks
            }
            let cause = try #require(checks.first { $0.answer == .no(reason) }?.cause, "\(reason)")
            #expect(cause.subject.hasPrefix(subject) && cause.sentence().contains(deed), "\(cause.sentence())")
            #expect(cause.audit != nil, "\(reason)")
        }
    }

    @Test func `a cut-off that is not the time of the act is told`() throws {
        let test = try TestStore()
        test.advance(.hours(2))
        try test.run(DenylistAddition(.user("alice"), issuedBefore: .t0 + .hours(1), reason: nil))
        let cause = try test.read { try $0.cause(of: try #require(try $0.denyRule(.user, "alice"))) }
        #expect(
            cause.sentence().hasSuffix(
                "as for what was issued until 2026-01-01T01:00:00.000Z (audit \(cause.audit ?? 0))"))
    }

    @Test func `a rule is explained without its event, where retention took that`() throws {
        let test = try TestStore()
        try test.run(DenylistAddition(.user("alice"), reason: "INC-1"))
        try test.tamper("DELETE FROM audit_event")
        let cause = try test.read { try $0.cause(of: try #require(try $0.denyRule(.user, "alice"))) }
        #expect(cause.sentence { _ in "now" } == "denied by rule 1: user alice denied by tester now, INC-1")
    }

    @Test func `a floor is explained by its act when its rule is gone`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: "INC-9"))
        try test.run(DenylistRemoval(["1"], reason: nil))
        let checks = try test.read { try $0.inspect(Array((login.access?.text ?? "").utf8)) }.verification.checks
        let cause = try #require(checks.first { $0.answer == .no(.deniedClient) }?.cause)
        #expect(cause.rule == nil)
        #expect(cause.sentence { _ in "now" }.hasPrefix("client web logged out by tester now, INC-9 (audit "))
    }
}
