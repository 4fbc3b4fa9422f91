internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `key revoke`: the key verifies nothing any more, at once and for ever; logins live on and fetch new access tokens.
package struct KeyRevocation: Act {
    private let name: String
    private let cause: SigningKey.RevocationCause
    private let replaces: Bool
    private let reason: String?
    /// The standby to come, made before because making one takes time.
    private let next: KeyMaterial?

    package init(
        _ name: String, cause: SigningKey.RevocationCause, replacing: Bool, reason: String?, preparing store: Store
    ) throws {
        self.name = name
        self.cause = cause
        replaces = replacing
        self.reason = reason
        let algorithm: SignatureAlgorithm? = try store.read { reader in
            let schedule = try reader.signingSchedule()
            let key = try reader.key(named: name)
            switch schedule.state(of: key, at: reader.now) {
            case .active: return replacing ? key.algorithm : nil
            case .standby: return schedule.standbys(at: reader.now).count < 2 ? key.algorithm : nil
            default: return nil
            }
        }
        next = try algorithm.map { try KeyMaterial.generate($0) }
    }

    package struct Decision {
        var key: SigningKey
        var state: KeyState
        /// Signs in its place.
        var successor: SigningKey?
        var tokens: Int64
        var leftSafeAt: Instant
        var liveSessions: Int
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let key = try store.key(named: name)
        let schedule = try store.signingSchedule(withGoneKeys: true)
        let state = schedule.state(of: key, at: store.now)
        // A promotion that waits comes first: its key has been known the longest.
        let waiting = schedule.pending(at: store.now)?.key
        let successor = ([waiting].compactMap { $0 } + schedule.standbys(at: store.now)).first { $0.row != key.row }
        if state == .active {
            guard replaces else {
                throw Failure(
                    .refused, "key \(key.kid) is signing: revoked, nothing could be issued",
                    hint: "add --replace: the standby signs at once", target: key.kid)
            }
            guard successor != nil else {
                throw Failure(
                    .refused, "no standby key could sign in place of \(key.kid)",
                    hint: "'tokenctl key generate' makes one", target: key.kid)
            }
        }
        return Decision(
            key: key, state: state, successor: state == .active ? successor : nil,
            tokens: try store.unexpiredTokens(of: key), leftSafeAt: store.now + store.policies.publicationLead,
            liveSessions: try store.countSessions(SessionFilter(), upTo: 10_001))
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.revoke", tier: .three, summary: "revoke key \(decision.key.kid) (\(decision.state.rawValue))",
            count: decision.state == .revoked ? 0 : 1, word: decision.key.kid)
        preview.notes = consequences(decision)
        preview.stillValidUntil = decision.leftSafeAt
        return preview
    }

    private func consequences(_ decision: Decision) -> [String] {
        var notes = ["at most \(decision.tokens) unexpired access tokens stop verifying at once"]
        if let until = decision.key.latestExpiry {
            notes.append("the last of them would have lived until \(until.rfc3339)")
        }
        notes.append(
            "a verifier that caches the key set accepts its tokens, and forgeries, until it refetches: "
                + "\(decision.leftSafeAt.rfc3339) at the latest; one that never refetches accepts them for ever")
        if let successor = decision.successor { notes.append("\(successor.kid) signs at once in its place") }
        let sessions = decision.liveSessions > 10_000 ? "10,000+" : "\(decision.liveSessions)"
        notes.append("\(sessions) live sessions and their refresh tokens stay: clients fetch a new access token")
        return notes
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let key = decision.key
        guard decision.state != .revoked else {
            let note = "revoked \(key.revokedAt?.rfc3339 ?? "") already: \(key.revocationCause?.rawValue ?? "")"
            return Report(
                action: "key.revoke", items: [.init(key.kid, .unchanged, note: note)], lines: ["\(key.kid): \(note)"])
        }
        let seq = try store.audit(
            "key.revoke", target: key.kid, reason: reason ?? cause.rawValue, counts: ["tokens": decision.tokens])
        try store.execute(
            """
            UPDATE signing_key SET revoked_at = \(store.now), revoke_cause = \(cause.rawValue), sealed = NULL,
                                   destroyed_at = coalesce(destroyed_at, \(store.now)), without_kid = 0
            WHERE id = \(key.row)
            """)
        try store.execute(
            "UPDATE signing_schedule SET voided_at = \(store.now) WHERE key_id = \(key.row) AND voided_at IS NULL")
        try store.deny(.key, key.kid, matchesUntil: nil, audit: seq, reason: reason ?? cause.rawValue)
        var items = [Report.Item(key.kid, .revoked)]
        if let successor = decision.successor {
            try store.schedule(successor.row, from: store.now, atOnce: true)
            items.append(.init(successor.kid, .changed, note: "signs"))
        }
        if let next, decision.state == .active || decision.state == .standby {
            try store.insertKey(next, origin: .generated)
            items.append(.init(next.kid, .created, note: "stands by"))
        }
        var report = Report(
            action: "key.revoke", items: items,
            lines: ["\(key.kid) revoked: \(cause.rawValue)"] + consequences(decision),
            stillValidUntil: decision.leftSafeAt,
            details: [.init("tokens", .integer(decision.tokens)), .init("cause", .string(cause.rawValue))])
        report.audit = seq
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        guard report.changed > 0 else { return report }
        try store.publishKeySet(after: "the key was revoked", as: actor)
        store.destroyTraces()
        return report
    }
}

extension Store {
    /// Folds the write-ahead log back, so that no copy of a destroyed private half stays in it.
    package func destroyTraces() {
        _ = database.checkpoint()
    }
}
