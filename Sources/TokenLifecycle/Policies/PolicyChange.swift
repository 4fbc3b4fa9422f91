/// `policy set`: audited, and only for what is born afterwards.
package struct PolicyChange: Act {
    package var name: String
    /// Nil takes the standard value again, also where a later version has another.
    package var value: String?
    package var reason: String?

    package init(name: String, value: String?, reason: String?) {
        self.name = name
        self.value = value
        self.reason = reason
    }

    package struct Decision {
        var before: PolicySetting
        var after: String
        /// At most how many unexpired tokens the change refuses.
        var refused: Int64 = 0
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let setting = try store.policySetting(name)
        let after = try value.map(setting.definition.canonical) ?? setting.definition.standard
        if name == "jwks.file", after != "none" { try store.keyring.refuseOverwriting(after) }
        // Of the two, one that cannot be read says nothing about the other: each can be mended before the other.
        if name == "access.ttl", let longest = try? store.policies.accessTTLMax, try Duration(text: after) > longest {
            throw Failure(
                .refused, "access.ttl cannot be longer than access.ttl.max (\(longest.text))",
                hint: "set access.ttl.max first", target: name)
        }
        if name == "access.ttl.max", let ttl = try? store.policies.accessTTL, try Duration(text: after) < ttl {
            throw Failure(
                .refused, "access.ttl.max cannot be shorter than access.ttl (\(ttl.text))",
                hint: "set access.ttl first", target: name)
        }
        let refuses = ["token.issuer", "token.audience"].contains(name) && after != setting.value
        let keys = refuses ? try store.signingSchedule().keys.filter(\.isOurs) : []
        return Decision(
            before: setting, after: after, refused: try keys.reduce(0) { try $0 + store.unexpiredTokens(of: $1) })
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "policy.set", tier: .two, summary: "set \(name) from \(decision.before.value) to \(decision.after)",
            count: decision.before.value == decision.after ? 0 : 1)
        preview.notes = ["what already lives keeps the times it was born with"]
        if let warning = decision.warning { preview.notes = [warning] }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let isSame = decision.before.value == decision.after && decision.before.isValid
        guard !isSame || decision.before.isSet == (value == nil) else {
            return Report(
                action: "policy.set", items: [.init(name, .unchanged)], lines: ["\(name) is \(decision.after) already"])
        }
        try store.setPolicy(name, to: value == nil ? nil : decision.after)
        var report = Report(
            action: "policy.set", items: [.init(name, .changed)],
            lines: ["\(name): \(decision.before.value) → \(decision.after)"] + (decision.warning.map { [$0] } ?? []))
        report.audit = try store.audit(
            "policy.set", target: "\(name)=\(decision.after)", reason: reason, counts: ["policies": 1])
        return report
    }
}

extension PolicyChange.Decision {
    /// Our own tokens must name the issuer and the audience of now, also those issued under the ones of before.
    fileprivate var warning: String? {
        guard refused > 0 else { return nil }
        let tokens = refused.counted("unexpired access token")
        return "at most \(tokens) \(refused == 1 ? "stops" : "stop") verifying here: clients fetch new ones"
    }
}
