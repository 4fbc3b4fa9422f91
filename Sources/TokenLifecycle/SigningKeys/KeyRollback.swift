internal import TokenJOSE

/// `key rotate --back`: takes the last promotion back, while the private half of the key before is still there.
///
/// The promoted key becomes a standby again: it stays in the key set, so the tokens that it signed verify on.
package struct KeyRollback: Act {
    private let reason: String?

    package init(reason: String?) {
        self.reason = reason
    }

    package struct Decision {
        /// The promotion taken back.
        var promoted: SigningKey
        /// The schedule's row up to which everything stands.
        var last: Int64
        /// Signs again, or, where the promotion still waited, signs on.
        var key: SigningKey
        /// Whether the promoted key had begun to sign.
        var hadBegun: Bool
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let schedule = try store.signingSchedule()
        let now = store.now
        guard let signer = schedule.signer(at: now) else {
            throw Failure(.refused, "no key signs, so there is no rotation to take back")
        }
        let past = schedule.turns(at: now).filter { $0.hasBegun(at: now) }
        if let waiting = schedule.pending(at: now) {
            return Decision(promoted: waiting.key, last: past.last?.entry.id ?? 0, key: signer.key, hadBegun: false)
        }
        guard let turn = past.last, let before = past.dropLast().last(where: { $0.key.row != turn.key.row }) else {
            throw Failure(
                .refused, "\(signer.key.kid) took over from no key that is still there",
                hint: "'tokenctl key rotate' goes on to the next", target: signer.key.kid)
        }
        let tookOver = turn.takesOver ?? now
        let until = try tookOver + store.policies.keyRollback
        guard until > now, schedule.maySign(before.key) else {
            let why =
                schedule.isDistrusted(before.key)
                ? "was replaced because it is distrusted"
                : "could be brought back until \(until.rfc3339)"
            throw Failure(
                .refused, "\(before.key.kid) \(why)",
                hint:
                    "'tokenctl key rotate' goes on to the next key; the policy key.rollback says how long a way back there is",
                target: before.key.kid)
        }
        if try store.denyRule(.key, before.key.kid) != nil {
            throw Failure(
                .refused, "\(before.key.kid) is on the denylist: what it would sign is refused",
                hint: "'tokenctl denylist list' shows the rule", target: before.key.kid)
        }
        return Decision(promoted: turn.key, last: before.entry.id, key: before.key, hadBegun: true)
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: action, tier: .two,
            summary: decision.hadBegun
                ? "bring \(decision.key.kid) back to sign instead of \(decision.promoted.kid)"
                : "take back the promotion of \(decision.promoted.kid), which has not begun", count: 1)
        preview.notes = consequences(decision)
        return preview
    }

    private var action: String { "key.rotate" }

    private func consequences(_ decision: Decision) -> [String] {
        let promoted = decision.promoted
        let tokens = promoted.latestExpiry.map { ", so its tokens verify on, the last until \($0.rfc3339)" } ?? ""
        return [
            "\(decision.key.kid) signs \(decision.hadBegun ? "again at once" : "on")",
            "\(promoted.kid) stands by and stays in the key set\(tokens); if it leaked, 'tokenctl key revoke' it",
        ]
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        try store.requireTrustedClock()
        for turn in try store.signingSchedule().turns(at: store.now) where turn.entry.id > decision.last {
            try store.void(turn)
        }
        var report = Report(
            action: action,
            items: [
                .init(decision.key.kid, .changed, note: "signs"),
                .init(decision.promoted.kid, .changed, note: "stands by"),
            ],
            lines: consequences(decision),
            details: [
                .init("kid", .string(decision.key.kid)), .init("signs_from", .string(store.now.rfc3339)),
                .init("known_from", .null), .init("previous", .string(decision.promoted.kid)),
                .init("standby", .string(decision.promoted.kid)),
            ])
        report.audit = try store.audit(
            "key.rotate.back", target: decision.key.kid, reason: reason, counts: ["keys": 2])
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        try store.publishKeySet(after: "the rotation was taken back", as: actor)
        return report
    }
}
