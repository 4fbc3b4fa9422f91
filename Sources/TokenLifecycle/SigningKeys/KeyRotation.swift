package import TokenCrypto
internal import TokenJOSE

/// `key rotate`: promotes the standby and makes the next, so that nobody is logged out.
///
/// Decided once before, to know what to generate outside the transaction, and again inside: of two crons that decided on
/// the same schedule one rotates, the other finds it done.
package struct KeyRotation: Act {
    package struct Options: Sendable {
        /// Do nothing while the signer is younger.
        package var ifOlderThan: Duration?
        /// Rotate to a key of this algorithm.
        package var algorithm: SignatureAlgorithm?
        /// The kid to promote instead of the longest-known standby.
        package var to: String?
        /// The promoted key signs at once, even if verifiers may not know it yet.
        package var isEmergency = false

        package init() {}
    }

    private let options: Options
    private let reason: String?
    /// The schedule's newest row when what follows was prepared.
    private let head: Int64
    /// Promoted where no standby fits, and the standby to come.
    private let candidate: KeyMaterial?
    private let next: KeyMaterial?

    package init(_ options: Options, reason: String?, preparing store: Store) throws {
        self.options = options
        self.reason = reason
        let (plan, head) = try store.read { (try Self.plan($0, options), try $0.signingSchedule().head) }
        self.head = head
        guard case .promote(let standby, let algorithm, let needsNext) = plan else {
            candidate = nil
            next = nil
            return
        }
        candidate = standby == nil ? try KeyMaterial.generate(algorithm) : nil
        next = needsNext ? try KeyMaterial.generate(algorithm) : nil
    }

    package enum Plan {
        case unchanged(String)
        /// Nil: a key made for this.
        case promote(SigningKey?, SignatureAlgorithm, needsNext: Bool)
    }

    package struct Decision {
        var plan: Plan
        var signer: SigningKey?
        /// When the promoted key takes over; nil while nobody can say.
        var takesOver: Instant?
        var kid: String
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let schedule = try store.signingSchedule()
        let signer = schedule.signer(at: store.now)
        if schedule.head != head, let since = signer?.since {
            return Decision(
                plan: .unchanged("rotated meanwhile: \(signer?.key.kid ?? "") signs since \(since.rfc3339)"),
                signer: signer?.key, kid: signer?.key.kid ?? "")
        }
        let plan = try Self.plan(store, options)
        guard case .promote(let standby, let algorithm, _) = plan else {
            return Decision(plan: plan, signer: signer?.key, kid: signer?.key.kid ?? "")
        }
        let isKnown = options.isEmergency || algorithm.isSymmetric || signer == nil
        let takesOver: Instant? =
            isKnown ? store.now : standby?.publishedAt.map { max(store.now, $0 + store.policies.publicationLead) }
        return Decision(
            plan: plan, signer: signer?.key, takesOver: takesOver, kid: standby?.kid ?? candidate?.kid ?? "")
    }

    private static func plan(_ store: some StoreReading, _ options: Options) throws -> Plan {
        let schedule = try store.signingSchedule()
        let signer = schedule.signer(at: store.now)
        if let limit = options.ifOlderThan, let signer, store.now - signer.since < limit {
            return .unchanged(
                "\(signer.key.kid) signs since \(signer.since.rfc3339), which is less than \(limit.text) ago")
        }
        if let pending = schedule.pending(at: store.now), !options.isEmergency {
            let when = pending.takesOver.map { "takes over at \($0.rfc3339)" } ?? "waits to be published"
            return .unchanged("\(pending.key.kid) \(when)")
        }
        let algorithm = options.algorithm ?? signer?.key.algorithm ?? .es256
        var standbys = schedule.standbys(at: store.now)
        if options.isEmergency, let pending = schedule.pending(at: store.now) { standbys.insert(pending.key, at: 0) }
        if let name = options.to {
            let key = try store.key(named: name)
            guard standbys.contains(where: { $0.row == key.row }) else {
                let state = schedule.state(of: key, at: store.now)
                if state == .active { return .unchanged("\(key.kid) signs already") }
                throw Failure(
                    .refused, "key \(key.kid) is \(state.rawValue), and only a standby can be promoted", target: key.kid
                )
            }
            return .promote(
                key, key.algorithm,
                needsNext: !standbys.contains { $0.row != key.row && $0.algorithm == key.algorithm })
        }
        // A standby of another algorithm, left by an earlier change of algorithm, is promoted only for want of a better one.
        let fitting = standbys.first { $0.algorithm == algorithm } ?? (options.algorithm == nil ? standbys.first : nil)
        let promoted = fitting?.algorithm ?? algorithm
        return .promote(
            fitting, promoted,
            needsNext: !standbys.contains { $0.row != fitting?.row && $0.algorithm == promoted })
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.rotate", tier: options.isEmergency ? .two : .one, summary: "", count: 0)
        switch decision.plan {
        case .unchanged(let why):
            preview.tier = .one
            preview.summary = "nothing to do: \(why)"
        case .promote:
            preview.count = 1
            preview.summary = "promote \(decision.kid) to sign instead of \(decision.signer?.kid ?? "nothing")"
            preview.notes = Self.consequences(decision)
        }
        return preview
    }

    private static func consequences(_ decision: Decision) -> [String] {
        var notes: [String] = []
        notes.append(
            decision.takesOver.map { "\(decision.kid) signs from \($0.rfc3339)" }
                ?? "\(decision.kid) signs once the key set has been published long enough for every verifier to know it"
        )
        if let signer = decision.signer {
            let until = signer.latestExpiry.map { " until \($0.rfc3339) at least" } ?? ""
            notes.append("\(signer.kid) verifies on\(until); nobody is logged out")
        }
        return notes
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        guard case .promote(let standby, _, let needsNext) = decision.plan else {
            guard case .unchanged(let why) = decision.plan else { throw Failure(.bug, "a rotation without a plan") }
            return Report(
                action: "key.rotate", items: [.init(decision.kid, .unchanged, note: why)], lines: ["unchanged: \(why)"],
                details: details(decision))
        }
        try store.requireTrustedClock()
        // The standbys that were decided on are gone since: what to generate was not prepared.
        let changed = Failure(.busy, "the keys changed while rotating", hint: "try again")
        guard next != nil || !needsNext else { throw changed }
        let row: Int64
        if let standby {
            row = standby.row
        } else if let candidate {
            row = try store.insertKey(candidate, origin: .generated)
        } else {
            throw changed
        }
        try store.schedule(row, from: store.now, atOnce: options.isEmergency || decision.signer == nil)
        var items = [Report.Item(decision.kid, .changed, note: "promoted")]
        if let next {
            try store.insertKey(next, origin: .generated)
            items.append(.init(next.kid, .created, note: "stands by"))
        }
        try store.destroyPrivateHalves()
        let notes = Self.consequences(decision)
        var report = Report(
            action: "key.rotate", items: items,
            lines: notes + (next.map { ["\($0.kid) stands by for the next rotation"] } ?? []),
            details: details(decision))
        report.audit = try store.audit(
            "key.rotate", target: decision.kid, reason: reason, counts: ["keys": Int64(items.count)])
        return report
    }

    private func details(_ decision: Decision) -> [JSON.Member] {
        [
            .init("kid", .string(decision.kid)),
            .init("signs_from", decision.takesOver.map { .string($0.rfc3339) } ?? .null),
            .init("previous", decision.signer.map { .string($0.kid) } ?? .null),
            .init("standby", next.map { .string($0.kid) } ?? .null),
        ]
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        guard report.changed > 0 else { return report }
        try store.publishKeySet(after: "the key was rotated", as: actor)
        store.destroyTraces()
        return report
    }
}
