internal import TokenCrypto
internal import TokenJOSE

/// `key remove`: takes a key out of the key set, never while a token of its can verify.
package struct KeyRemoval: Act {
    private let name: String
    private let reason: String?

    package init(_ name: String, reason: String?) {
        self.name = name
        self.reason = reason
    }

    package struct Decision {
        var key: SigningKey
        var state: KeyState
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let schedule = try store.signingSchedule()
        let key = try store.key(named: name)
        let state = schedule.state(of: key, at: store.now)
        switch state {
        case .removed, .revoked: break
        case .active:
            throw Failure(
                .refused, "key \(key.kid) signs", hint: "'tokenctl key rotate' first, or 'tokenctl key revoke'",
                target: key.kid)
        case .standby: try refuseNeeded(key, schedule, store)
        case .retiring: try refuseLive(key, schedule, store)
        }
        return Decision(key: key, state: state)
    }

    /// A standby is what the next rotation needs, unless there is another.
    private func refuseNeeded(_ key: SigningKey, _ schedule: SigningSchedule, _ store: some StoreReading) throws {
        if schedule.pending(at: store.now)?.key.row == key.row {
            throw Failure(
                .refused, "key \(key.kid) has been promoted and waits to sign",
                hint: "'tokenctl key rotate --back' takes that back", target: key.kid)
        }
        let others = schedule.standbys(at: store.now).filter { $0.row != key.row }
        guard others.contains(where: { $0.knownAt != nil || $0.algorithm.isSymmetric }) else {
            throw Failure(
                .refused,
                "key \(key.kid) is the only published standby: without it the next rotation would have to wait",
                hint: "'tokenctl key generate' makes another", target: key.kid)
        }
        try refuseLive(key, schedule, store)
    }

    private func refuseLive(_ key: SigningKey, _ schedule: SigningSchedule, _ store: some StoreReading) throws {
        let after = try store.removableAfter(key, schedule)
        guard after >= store.now else { return }
        let tokens = try store.unexpiredTokens(of: key)
        let what: String
        if !key.isOurs {
            what = "key \(key.kid) was imported to verify tokens until \(key.latestExpiry?.rfc3339 ?? "")"
        } else if tokens > 0, let latest = key.latestExpiry {
            what =
                "key \(key.kid) still has at most \(tokens.counted("unexpired token")), the last until \(latest.rfc3339)"
        } else if let latest = key.latestExpiry, try latest + store.policies.clockSkew >= store.now {
            what = "the last token of key \(key.kid) expired \(latest.rfc3339), and clocks may differ"
        } else {
            what = "key \(key.kid) can still be brought back with 'tokenctl key rotate --back'"
        }
        throw Failure(
            .refused, what,
            hint: "wait until \(after.rfc3339), or 'tokenctl key revoke' it: its tokens stop verifying at once",
            target: key.kid)
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.remove", tier: decision.state.verifies ? .two : .one,
            summary: decision.state.verifies
                ? "remove key \(decision.key.kid) (\(decision.state.rawValue))" : "nothing to do: \(gone(decision))",
            count: decision.state.verifies ? 1 : 0)
        if decision.state.verifies {
            let last = decision.key.latestExpiry.map { "the last of them expired \($0.rfc3339)" } ?? "it never signed"
            preview.notes = ["it has no unexpired tokens: \(last)", "its kid is never used again"]
        }
        return preview
    }

    private func gone(_ decision: Decision) -> String {
        let when = decision.key.revokedAt ?? decision.key.removedAt
        return "\(decision.state.rawValue) \(when?.rfc3339 ?? "") already"
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let kid = decision.key.kid
        guard decision.state.verifies else {
            return Report(
                action: "key.remove", items: [.init(kid, .unchanged, note: gone(decision))],
                lines: ["\(kid): \(gone(decision))"])
        }
        try store.remove(decision.key)
        var report = Report(
            action: "key.remove", items: [.init(kid, .removed)], lines: ["\(kid) removed: no token of its can verify"])
        report.audit = try store.audit("key.remove", target: kid, reason: reason, counts: ["keys": 1])
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        try store.publishKeySet(after: "the key was removed", as: actor)
        return report
    }
}
