internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `backup restore` where the store is lost, or cannot be believed: the backup, made safe in a draft, takes its place.
///
/// What was ended, spent, denied or revoked since the backup nobody can tell. So everyone is logged out, and every key that
/// verifies is revoked and replaced, unless that is declined.
package struct RestoreReplacing: Act {
    /// How many numbers of logins are left out. Since the backup some were given away, and a public id names one login for
    /// ever: rules elsewhere, and tokens, still carry them.
    static let numbersLeftOut: Int64 = 1 << 28

    private let preparation: RestorePreparation
    private let options: RestoreOptions
    /// Signs in place of what is revoked, and stands by. Made before, because making one takes time.
    private let signer: KeyMaterial?
    private let standby: KeyMaterial?

    private var backup: Backup { preparation.backup }

    /// `draft` is the preparation's. Fails with `.notPermitted` where new keys are needed and no master key is there to seal
    /// them with.
    package init(_ preparation: RestorePreparation, _ options: RestoreOptions, in draft: Store) throws {
        self.preparation = preparation
        self.options = options
        let algorithm = try draft.read { reader in
            try options.keepsKeys ? nil : reader.signingSchedule().signer(at: reader.now)?.key.algorithm
        }
        signer = try algorithm.map { try KeyMaterial.generate($0) }
        standby = try algorithm.map { try KeyMaterial.generate($0) }
    }

    package struct Decision {
        var live: Int
        var isCapped: Bool
        /// Those that verify, and will not.
        var revoking: [SigningKey]
        /// When verifiers know the key that signs from now on, where it is a new one.
        var knownAt: Instant?
        var keySet: RestoredKeySet

        var logins: String { isCapped ? "\(live.grouped)+ logins" : live.counted("login") }
    }

    private static let countedUpTo = 10_000

    package func decide(_ store: some StoreReading) throws -> Decision {
        let counted = try store.countSessions(SessionFilter(), upTo: Self.countedUpTo + 1)
        let revoking = options.keepsKeys ? [] : try store.signingSchedule().keys
        return Decision(
            live: min(counted, Self.countedUpTo), isCapped: counted > Self.countedUpTo, revoking: revoking,
            knownAt: signer.flatMap { $0.algorithm.isSymmetric ? nil : store.known(publishedAt: store.now) },
            keySet: try store.restoredKeySet(
                over: preparation.present, changing: revoking.contains { !$0.algorithm.isSymmetric }))
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "backup.restore", tier: .three,
            summary: "restore \(backup.path) as of \(backup.asOf.rfc3339) as \(preparation.path)",
            count: options.keepsLogins ? 0 : decision.live, word: backup.path.fileName)
        preview.isCapped = !options.keepsLogins && decision.isCapped
        preview.notes = [present] + consequences(decision) + [decision.keySet.intention].compactMap { $0 }
        preview.details = decision.keySet.details
        return preview
    }

    private var present: String {
        switch preparation.present {
        case .absent: "there is no database at \(preparation.path)"
        case .untrusted(let why): "what is at \(preparation.path) cannot be trusted: \(why)"
        case .sound: "what is at \(preparation.path) is not looked at"
        }
    }

    private func consequences(_ decision: Decision) -> [String] {
        var notes: [String] = []
        let since = "since \(backup.asOf.rfc3339)"
        notes.append(
            options.keepsLogins
                ? "\(decision.logins) live on as they were: whoever was logged out \(since) is logged in again, and a refresh "
                    + "token spent since is good again"
                : "everyone is logged out: \(decision.logins)")
        guard !options.keepsKeys else {
            return notes + ["keys stay as they were: one that was revoked \(since) is trusted again"]
        }
        notes.append("\(decision.revoking.count.counted("key")) revoked: nobody can tell which were \(since)")
        if let signer { notes.append("\(signer.kid) signs at once") }
        if decision.keySet.left != nil {
            notes.append("verifiers accept the revoked keys, and reject the new one, until its key set is published")
        } else if let known = decision.knownAt {
            notes.append(
                "verifiers that cache the key set accept the revoked keys, and reject the new one, until they fetch it "
                    + "again: \(known.rfc3339) at the latest")
        }
        return notes
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let epoch = store.facts.epoch + 1
        let ended = options.keepsLogins ? 0 : decision.live
        let seq = try store.audit(
            AuditEvent.restoring, target: backup.path, reason: options.reason,
            counts: [
                "epoch": epoch, "as_of": backup.asOf.milliseconds, "ended": Int64(ended), "returned": 0, "rules": 0,
                "policies": 0, "keys": Int64(decision.revoking.count),
            ])
        try store.leaveNumbersOut(Self.numbersLeftOut)
        try store.outliveUnknownTokens()
        try store.revokeAll(decision.revoking, audit: seq, reason: options.reason)
        if let signer, let standby {
            try store.schedule(try store.insertKey(signer, origin: .generated), atOnce: true, distrusting: true)
            try store.insertKey(standby, origin: .generated)
        }
        if !options.keepsLogins { try store.logEveryoneOut(audit: seq, reason: options.reason) }
        try store.beginEpoch(epoch)
        var report = Report(
            action: "backup.restore", items: [.init(backup.path, .changed)],
            lines: ["restored \(backup.path) as of \(backup.asOf.rfc3339); epoch \(epoch) begins"]
                + consequences(decision),
            stillValidUntil: decision.revoking.isEmpty || decision.keySet.left != nil ? nil : decision.knownAt,
            details: RestoreReport.details(
                backup, epoch: epoch, kept: nil, ended: ended, returned: 0, rules: 0, policies: [],
                keysRevoked: decision.revoking.map(\.kid), keySet: decision.keySet))
        report.audit = seq
        return report
    }

    /// Gives the draft its name, and publishes the new keys where the file is this store's.
    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        let asItWas = preparation.nameForKept(at: store.clock.now())
        try store.close()
        try Failure.translating { try preparation.replacement.place(keepingOldAs: asItWas) }
        var report = report
        if case .untrusted = preparation.present {
            report.lines.insert("what was there is kept as \(asItWas)", at: 1)
            report.details = report.details.map {
                $0.name == "kept_as" ? .init($0.name, .string(asItWas)) : $0
            }
        }
        let placed = try preparation.openPlaced()
        defer { try? placed.close() }
        // Looked at anew: a file may have come since.
        let keySet = try placed.read { try $0.restoredKeySet(over: preparation.present, changing: false) }
        report.details = report.details.map { detail in keySet.details.first { $0.name == detail.name } ?? detail }
        if let warning = keySet.warning {
            report.warnings.append(warning)
        } else if let published = try placed.publishKeySet(after: "the backup was restored", as: actor) {
            report.lines += published.lines
        }
        return report
    }
}

extension StoreWriter {
    /// Logins get numbers beyond any that may have been given away.
    fileprivate func leaveNumbersOut(_ count: Int64) throws {
        try execute("UPDATE sqlite_sequence SET seq = seq + \(count) WHERE name IN ('session', 'refresh_family')")
    }

    /// Keys that verify may have signed tokens nobody here knows of, and verifiers may hold key sets: as long as policies of
    /// those days can have allowed.
    fileprivate func outliveUnknownTokens() throws {
        let until = now + PolicyDefinition.longestAccessTTL
        try execute(
            """
            UPDATE signing_key SET latest_exp = \(until)
            WHERE removed_at IS NULL AND revoked_at IS NULL AND accept IS NULL AND coalesce(latest_exp, 0) < \(until)
            """)
        try rememberHeldKeySets()
    }

    fileprivate func revokeAll(_ keys: [SigningKey], audit seq: Int64, reason: String?) throws {
        for key in keys {
            try revoke(key, .superseded)
            try deny(.key, key.kid, matchesUntil: nil, audit: seq, reason: reason ?? "restored")
        }
    }

    /// Sessions and families by a floor, access tokens by a rule.
    fileprivate func logEveryoneOut(audit seq: Int64, reason: String?) throws {
        try execute("UPDATE store SET floor_at = \(now) WHERE id = 1")
        try deny(
            .everyone, "", issuedBefore: now, matchesUntil: try latestExpiryOfAnyToken() ?? now, audit: seq,
            reason: reason ?? "restored")
    }
}
