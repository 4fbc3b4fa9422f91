import Testing

@testable import TokenLifecycle

/// Since and until hold whatever else is asked for, in lists and in counts alike.
@Suite struct TimeBoundTests {
    @Test func `bound events and rules of a subject, and their counts`() throws {
        let test = try TestStore(nil)
        try test.logIn("alice")
        var acts: [Instant] = []
        for _ in 0..<3 {
            try test.run(UserLogout(["alice"], includesUnseen: true, reason: nil))
            try test.run(UserLogout(["bob"], includesUnseen: true, reason: nil))
            acts.append(test.clock.now)
            test.advance(.seconds(60))
        }
        for targets in [["alice"], ["al*"], []] {
            var filter = AuditFilter()
            filter.targets = targets
            filter.verbs = ["user.logout"]
            filter.since = acts[1] - .seconds(30)
            filter.until = acts[2] - .seconds(30)
            let expected = targets.isEmpty ? 2 : 1
            #expect(try test.read { try $0.auditEvents(filter, limit: 100).items.count } == expected, "\(targets)")
            #expect(try test.read { try $0.countAuditEvents(filter) } == expected, "\(targets)")
        }
        var rules = DenyRuleFilter()
        rules.users = ["alice"]
        rules.includesSpent = true
        rules.since = acts[1]
        #expect(try test.read { try $0.denyRules(rules, limit: 100).items.isEmpty })
        #expect(try test.read { try $0.countDenyRules(rules) } == 0)
        rules.since = acts[0] - .seconds(30)
        #expect(try test.read { try $0.countDenyRules(rules) } == 1)
    }
}
