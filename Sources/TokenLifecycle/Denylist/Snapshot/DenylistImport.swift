internal import TokenJOSE
internal import TokenStorage

/// `denylist import`: takes over what another export denies, this store's or one that is trusted by name. Rules are merged: none
/// gets shorter, none goes.
///
/// Written in batches, so that a million rules do not hold up logins; the first goes with the audit event.
package struct DenylistImport: Act {
    package enum OnError: String, CaseIterable, Sendable {
        /// One rule that cannot be taken over, and nothing is.
        case stop
        /// The rest is taken over, and the report says what was not.
        case skip
    }

    private let snapshot: SnapshotText
    private let trusted: String?
    private let onError: OnError
    private let reason: String?
    private let batch: Int

    /// `trusted`: the thumbprint of the identity that must have signed it; this store's own, where nil.
    package init(
        _ snapshot: SnapshotText, trusting trusted: String? = nil, onError: OnError = .stop, reason: String?,
        batch: Int = 2_000
    ) {
        self.snapshot = snapshot
        self.trusted = trusted
        self.onError = onError
        self.reason = reason
        self.batch = batch
    }

    package struct Decision {
        var rules: [SnapshotRule]
        /// Line and why it was not taken.
        var refused: [(line: Int, why: String)]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        try snapshot.verify(trusting: try trusted ?? store.identity().thumbprint)
        let schedule = try store.signingSchedule()
        let signing = Set(
            schedule.keys.filter { [.active, .standby].contains(schedule.state(of: $0, at: store.now)) }.map(\.kid))
        let skew = try store.policies.clockSkew
        var decision = Decision(rules: [], refused: [])
        snapshot.eachRule { line, rule in
            if let rule, let why = Self.objection(to: rule, signing, at: store.now, skew: skew) {
                decision.refused.append((line, why))
            } else if let rule {
                decision.rules.append(rule)
            } else {
                decision.refused.append((line, "it does not read as a rule"))
            }
        }
        if onError == .stop, let first = decision.refused.first {
            throw Failure(
                .malformed, "line \(first.line) cannot be taken over: \(first.why); nothing was",
                hint: "--on-error skip takes over the rest")
        }
        return decision
    }

    private static func objection(
        to rule: SnapshotRule, _ signing: Set<String>, at now: Instant, skew: Duration
    ) -> String? {
        if rule.scope == .everyone {
            guard rule.value.isEmpty else { return "everyone has no value" }
        } else if (try? Names.check(rule.value, "the value", longest: 256)) == nil {
            return "its value is none"
        }
        if let issued = rule.issuedUntil, Instant(seconds: issued) > now + skew {
            return "its cut-off has not come yet"
        }
        switch rule.scope {
        case .user, .client, .everyone:
            return rule.issuedUntil == nil ? "without a cut-off it would deny every token to come" : nil
        case .key: return signing.contains(rule.value) ? "key \(rule.value) signs, or is to sign" : nil
        case .token, .session: return nil
        }
    }

    package func preview(_ decision: Decision) -> Preview {
        let head = snapshot.head
        var preview = Preview(
            action: "denylist.import", tier: .two,
            summary:
                "take over \(decision.rules.count.counted("rule")) of store \(head.store), version \(head.version)",
            count: decision.rules.count)
        preview.rows = decision.rules.prefix(10).map { "\($0.scope.rawValue)  \($0.value)" }
        preview.notes = decision.refused.prefix(10).map { "line \($0.line) is left out: \($0.why)" }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let head = snapshot.head
        let seq = try store.audit(
            "denylist.import", target: "\(head.store) \(head.epoch) \(head.version)", reason: reason,
            counts: ["rules": Int64(decision.rules.count), "refused": Int64(decision.refused.count)])
        var report = Report(
            action: "denylist.import", items: [], lines: [],
            details: [
                .init("store", .string(head.store)), .init("epoch", .integer(head.epoch)),
                .init("version", .integer(head.version)),
            ])
        report.audit = seq
        report.matched = decision.rules.count + decision.refused.count
        report.failed = decision.refused.count
        report.lines = decision.refused.prefix(100).map { "line \($0.line) left out: \($0.why)" }
        report.changed = try store.merge(decision.rules.prefix(batch), audit: seq, reason: reason)
        report.unchanged = min(batch, decision.rules.count) - report.changed
        return report
    }

    /// The batches after the first. One that fails leaves those before it; doing it all again changes nothing of them.
    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        var report = report
        let rules = try store.read { try decide($0).rules }
        var done = min(batch, rules.count)
        while done < rules.count {
            let part = rules[done..<min(done + batch, rules.count)]
            do {
                let changed = try store.write(as: actor) { try $0.merge(part, audit: report.audit, reason: reason) }
                report.changed += changed
                report.unchanged += part.count - changed
            } catch let failure as Failure {
                throw Failure(
                    failure.kind == .interrupted ? .interrupted : .partial,
                    "\(done) of \(rules.count.counted("rule")) were taken over, then: \(failure.message)",
                    hint: "run it again: what is there is left as it is")
            }
            done += part.count
        }
        let known = report.unchanged == 0 ? "" : ", \(report.unchanged) known already"
        report.lines.insert("\(report.changed.counted("rule")) taken over\(known)", at: 0)
        return report
    }
}

extension StoreWriter {
    /// Merges rules; answers how many were new or widened one that is there.
    fileprivate func merge(
        _ rules: some Collection<SnapshotRule>, audit seq: Int64?, reason: String?
    ) throws -> Int {
        let bound = max(try latestExpiryOfAnyToken() ?? now, now)
        var changed = 0
        for rule in rules {
            // A cut-off of a clock ahead of ours, within the skew, means now: what is issued from here on is good.
            let cutOff = rule.issuedUntil.map { min(Instant(seconds: $0), now) }
            let until = end(of: rule, noEarlierThan: bound)
            if let until, try until + policies.clockSkew < now { continue }
            if let known = try denyRule(rule.scope, rule.value),
                known.covers(issuedBefore: cutOff, matchesUntil: until)
            {
                continue
            }
            try deny(
                rule.scope, rule.value, issuedBefore: cutOff, matchesUntil: until, audit: seq,
                reason: reason)
            changed += 1
        }
        return changed
    }

    /// When the rule may be forgotten here. The exporter knew the `exp` of the one token that a jti names; of a user or a client
    /// this store may have tokens that live longer, and a floor's rule needs to stay no longer than they.
    private func end(of rule: SnapshotRule, noEarlierThan bound: Instant) -> Instant? {
        let until = rule.matchesUntil.map { Instant(seconds: $0) }
        return switch rule.scope {
        case .key: nil
        case .token: until ?? bound
        case .session, .user, .client, .everyone: max(until ?? bound, bound)
        }
    }
}
