internal import TokenStorage

/// `denylist remove`: lifts rules, and says what becomes valid again. Floors stay.
package struct DenylistRemoval: Act {
    package var ids: [String]
    package var reason: String?

    package init(_ ids: [String], reason: String?) {
        self.ids = ids
        self.reason = reason
    }

    package struct Decision {
        var rules: [DenyRule]
        /// What each ends: that something is accepted again, or that a floor still denies it.
        var consequences: [String]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        var unknown: [String] = []
        var seen: Set<Int64> = []
        let rules = try ids.compactMap { text -> DenyRule? in
            guard let id = Int64(text), let rule = try store.denyRule(id: id) else {
                unknown.append(text)
                return nil
            }
            return seen.insert(id).inserted ? rule : nil
        }
        guard unknown.isEmpty else {
            throw Failure(
                .notFound, "no denylist rule \(unknown.joined(separator: ", "))",
                hint: "'tokenctl denylist list' shows them", target: unknown.joined(separator: " "))
        }
        return Decision(rules: rules, consequences: try rules.map { try consequence($0, store) })
    }

    package func preview(_ decision: Decision) -> Preview {
        let rules = decision.rules
        var preview = Preview(
            action: "denylist.remove", tier: .three,
            summary: rules.count == 1
                ? "lift rule \(rules[0].id): \(rules[0].subject)" : "lift \(rules.count.counted("rule"))",
            count: rules.count)
        preview.rows = rules.prefix(10).map { "\($0.id)  \($0.subject)  \($0.reason ?? "")" }
        preview.notes = Array(decision.consequences.prefix(10))
        return preview
    }

    private func consequence(_ rule: DenyRule, _ store: some StoreReading) throws -> String {
        if let floor = try store.floor(rule.scope, rule.value), let cutOff = rule.issuedBefore,
            cutOff.seconds <= floor.seconds
        {
            return "nothing is accepted again: \(rule.subject) was logged out \(floor.rfc3339), and that stays"
        }
        let until = rule.matchesUntil.map { " until \($0.rfc3339) at the latest" } ?? ""
        let issued = rule.issuedBefore.map { " issued until \($0.rfc3339)" } ?? ""
        return
            "unexpired access tokens of \(rule.subject)\(issued) are accepted again\(until); floors and ended logins stay"
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let rules = decision.rules
        let seq = try store.audit(
            "denylist.remove", target: rules.count == 1 ? rules[0].subject : nil, reason: reason,
            counts: ["rules": Int64(rules.count)])
        for rule in rules { try store.execute("DELETE FROM deny_rule WHERE id = \(rule.id)") }
        // Who holds rules in memory sees what was added, but not what is gone.
        if !rules.isEmpty {
            try store.execute("UPDATE store SET rules_lifted_at = \(store.now)")
            store.denialsChanged()
        }
        var report = Report(
            action: "denylist.remove", items: rules.map { .init(String($0.id), .removed, note: $0.subject) },
            lines: zip(rules, decision.consequences).map { "rule \($0.id) lifted: \($1)" })
        report.audit = seq
        return report
    }
}
