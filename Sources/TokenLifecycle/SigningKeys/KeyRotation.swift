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
        /// Do nothing unless this key signs: then a rotation asked for twice happens once.
        package var from: String?
        /// The kid to promote instead of the longest-known standby.
        package var to: String?
        /// Rotate to a key of this algorithm.
        package var algorithm: SignatureAlgorithm?
        /// The promoted key signs at once, even if verifiers may not know it yet.
        package var isEmergency = false
        /// No key made before may sign again, as when the master key leaked: a new one signs at once.
        package var isFresh = false

        package init() {}

        var signsAtOnce: Bool { isEmergency || isFresh }
        /// Whether it says no more than "rotate".
        var isPlain: Bool { to == nil && algorithm == nil && !signsAtOnce }
    }

    private let options: Options
    private let reason: String?
    /// The schedule's newest row when what follows was prepared.
    private let head: Int64
    /// Why nothing was prepared: then nothing is done either, though the time may have come in the millisecond since.
    private let idle: String?
    /// Promoted where no standby fits, and the standby to come.
    private let candidate: KeyMaterial?
    private let next: KeyMaterial?

    /// Fails with `.notFound` for a kid that is none, `.refused` where `--to` cannot sign, `.usage` for `isFresh` with `to`.
    package init(_ options: Options, reason: String?, preparing store: Store) throws {
        self.options = options
        self.reason = reason
        guard !options.isFresh || options.to == nil else {
            throw Failure(.usage, "--fresh makes a new key, so there is none to name with --to")
        }
        let (plan, head) = try store.read { (try RotationPlan(options, $0), try $0.signingSchedule().head) }
        self.head = head
        guard case .promote(let promotion) = plan else {
            idle = if case .unchanged(let why) = plan { why } else { nil }
            candidate = nil
            next = nil
            return
        }
        idle = nil
        candidate = promotion.standby == nil ? try KeyMaterial.generate(promotion.algorithm) : nil
        next = promotion.needsNext ? try KeyMaterial.generate(promotion.algorithm) : nil
    }

    package struct Decision {
        var plan: RotationPlan
        var signer: SigningKey?
        /// The promoted key; where nothing is promoted, the signer.
        var kid: String
        /// Until when the predecessor can be brought back; nil where it never can.
        var canReturnUntil: Instant?
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let schedule = try store.signingSchedule()
        let signer = schedule.signer(at: store.now)
        if schedule.head != head, let signer {
            let why = "rotated meanwhile: \(signer.key.kid) signs since \(signer.since.rfc3339)"
            return Decision(plan: .unchanged(why), signer: signer.key, kid: signer.key.kid)
        }
        let plan = try idle.map(RotationPlan.unchanged) ?? RotationPlan(options, store)
        guard case .promote(let promotion) = plan else {
            return Decision(plan: plan, signer: signer?.key, kid: signer?.key.kid ?? "")
        }
        let canReturn = try !options.isFresh && store.policies.keyRollback > .zero
        return Decision(
            plan: plan, signer: signer?.key, kid: promotion.standby?.kid ?? candidate?.kid ?? "",
            canReturnUntil: canReturn ? try promotion.takesOver.map { try $0 + store.policies.keyRollback } : nil)
    }

    package func preview(_ decision: Decision) -> Preview {
        guard case .promote(let promotion) = decision.plan else {
            guard case .unchanged(let why) = decision.plan else {
                return Preview(action: action, tier: .one, summary: "", count: 0)
            }
            return Preview(action: action, tier: .one, summary: "nothing to do: \(why)", count: 0)
        }
        let kid = promotion.standby == nil ? "a new \(promotion.algorithm.rawValue) key" : decision.kid
        var preview = Preview(
            action: action, tier: options.isFresh ? .three : options.isEmergency ? .two : .one,
            summary: "promote \(kid) to sign instead of \(decision.signer?.kid ?? "nothing")", count: 1,
            word: options.isFresh ? decision.signer?.kid ?? "fresh" : nil)
        preview.notes = consequences(decision, promotion, naming: kid)
        if promotion.needsNext { preview.notes.append("another new key stands by for the next rotation") }
        return preview
    }

    private var action: String { "key.rotate" }

    /// The dated plan, a sentence each.
    private func consequences(_ decision: Decision, _ promotion: Promotion, naming kid: String) -> [String] {
        var notes: [String] = []
        notes.append(
            promotion.takesOver.map { "\(kid) signs from \($0.rfc3339)" }
                ?? "\(kid) signs once the key set has been published long enough for every verifier to know it")
        if let known = promotion.isKnownAt {
            notes.append(
                "verifiers that fetched the key set before reject its tokens until they fetch it again, "
                    + "\(known.rfc3339) at the latest")
        }
        if let signer = decision.signer {
            let until = signer.latestExpiry.map { " until \($0.rfc3339) at least" } ?? ""
            notes.append("\(signer.kid) verifies on\(until); nobody is logged out")
            if options.isFresh {
                notes.append("no key made before signs again; if one of them leaked, 'tokenctl key revoke' it as well")
            }
        }
        if let until = decision.canReturnUntil, decision.signer != nil {
            notes.append("'tokenctl key rotate --back' undoes it until \(until.rfc3339)")
        }
        return notes
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        guard case .promote(let promotion) = decision.plan else {
            guard case .unchanged(let why) = decision.plan else { throw Failure(.bug, "a rotation without a plan") }
            return Report(
                action: action, items: [.init(decision.kid, .unchanged, note: why)], lines: ["unchanged: \(why)"],
                details: details(decision, nil))
        }
        try store.requireTrustedClock()
        // The standbys that were decided on are gone since: what to generate was not prepared.
        let changed = Failure(.busy, "the keys changed while rotating", hint: "try again")
        guard next != nil || !promotion.needsNext else { throw changed }
        let row: Int64
        if let standby = promotion.standby {
            row = standby.row
        } else if let candidate {
            row = try store.insertKey(candidate, origin: .generated)
        } else {
            throw changed
        }
        try store.schedule(
            row, atOnce: options.signsAtOnce || decision.signer == nil, distrusting: options.isFresh)
        var items = [Report.Item(decision.kid, .changed, note: "promoted")]
        if let next {
            try store.insertKey(next, origin: .generated)
            items.append(.init(next.kid, .created, note: "stands by"))
        }
        if options.isFresh { try store.retireDistrusted() }
        let notes = consequences(decision, promotion, naming: decision.kid)
        var report = Report(
            action: action, items: items,
            lines: notes + (next.map { ["\($0.kid) stands by for the next rotation"] } ?? []),
            details: details(decision, promotion))
        report.audit = try store.audit(
            action, target: decision.kid, reason: reason, counts: ["keys": Int64(items.count)])
        return report
    }

    private func details(_ decision: Decision, _ promotion: Promotion?) -> [JSON.Member] {
        [
            .init("kid", .string(decision.kid)),
            .init("signs_from", promotion?.takesOver.map { .string($0.rfc3339) } ?? .null),
            .init("known_from", promotion?.isKnownAt.map { .string($0.rfc3339) } ?? .null),
            .init("previous", decision.signer.map { .string($0.kid) } ?? .null),
            .init("standby", next.map { .string($0.kid) } ?? .null),
        ]
    }

    /// Also where nothing was to rotate: a publication that failed before is made up for, so one cron line is enough.
    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        let done = report.changed > 0 ? "the key was rotated" : "no rotation was due"
        guard let published = try store.publishKeySet(after: done, as: actor), report.changed == 0 else {
            return report
        }
        var report = report
        report.items += published.items.filter { $0.outcome == .published }
        report.changed = published.changed
        report.matched += published.changed
        report.lines += published.lines
        report.audit = published.audit
        return report
    }
}
