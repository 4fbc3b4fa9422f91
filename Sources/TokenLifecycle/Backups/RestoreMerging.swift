internal import TokenJOSE
internal import TokenStorage

/// `backup restore` over a store that holds together: in one transaction, beside an application that has it open.
///
/// From the backup come the policies, the rules that were lifted since and the logins whose rows were lost. Logins made since
/// end. All that was ended, spent, denied, floored, rotated or revoked since stays so: the rows of the present are not
/// touched, and the audit record goes on with an event that begins an epoch.
package struct RestoreMerging: Act {
    private let preparation: RestorePreparation
    private let options: RestoreOptions

    private var backup: Backup { preparation.backup }

    /// Both databases must be attached (`Database.attaching`) while this is decided and applied.
    package init(_ preparation: RestorePreparation, _ options: RestoreOptions) {
        self.preparation = preparation
        self.options = options
    }

    /// The copy of the backup, to attach.
    package var besidePath: String { preparation.replacement.path }

    package struct Decision {
        /// Logins made since that end: the row, and until when an access token of theirs may live.
        var ending: [(row: Int64, tokensUntil: Instant?)]
        var first: [Session]
        /// How many logins have rows only in the backup, and which of them come back.
        var lost: Int
        var returning: [Int64]
        var rules: [DenyRule]
        var policies: [(name: String, before: String, after: String?)]
        var stillValidUntil: Instant? { ending.compactMap(\.tokensUntil).max() }
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        if let why = try store.objection(to: backup) {
            throw Failure(
                .refused, "\(preparation.path) does not go on from \(backup.path): \(why)",
                hint: "what it ended cannot be told: move it away, and restore as if it were lost", target: backup.path)
        }
        let ending = options.keepsLogins ? [] : try store.loginsSince(backup)
        let lost = try store.lostLogins(withoutTokens: false)
        let certain = try store.removedNothing(since: backup) ? store.lostLogins(withoutTokens: true) : []
        return Decision(
            ending: ending, first: try ending.prefix(10).compactMap { try store.session(row: $0.row) },
            lost: lost.count, returning: options.keepsLogins ? lost : certain,
            rules: try store.rulesLifted(), policies: try store.policiesChanged())
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "backup.restore", tier: .three,
            summary: "restore \(backup.path) as of \(backup.asOf.rfc3339) into \(preparation.path)",
            count: decision.ending.count, word: backup.path.fileName)
        preview.describe(decision.first)
        preview.byUser = []
        preview.byClient = []
        preview.stillValidUntil = decision.stillValidUntil
        preview.notes = consequences(decision)
        preview.details = RestoredKeySet().details
        return preview
    }

    private func consequences(_ decision: Decision) -> [String] {
        var notes = [
            options.keepsLogins
                ? "no login ends: those made since \(backup.asOf.rfc3339) live on"
                : "\(decision.ending.count.counted("login")) made since \(backup.asOf.rfc3339) "
                    + (decision.ending.count == 1 ? "ends" : "end"),
            "what was ended, denied or revoked since stays so; keys stay as they are",
        ]
        if !decision.returning.isEmpty {
            notes.append("\(decision.returning.count.counted("login")) that only the backup has come back")
        }
        let away = decision.lost - decision.returning.count
        if away > 0 {
            notes.append(
                "\(away.counted("login")) that only the backup has stay away: they may have ended, or their refresh tokens "
                    + "been spent; --keep-logins brings them back")
        }
        if options.keepsLogins, !decision.returning.isEmpty {
            notes.append("of a login that comes back, a refresh token spent since is good again")
        }
        if !decision.rules.isEmpty {
            notes.append("\(decision.rules.count.counted("rule")) lifted since deny again")
        }
        notes += decision.policies.prefix(10).map { "\($0.name): \($0.before) → \($0.after ?? "its standard value")" }
        return notes
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let kept = try preparation.keepPresent(at: store.now)
        let epoch = store.facts.epoch + 1
        let seq = try store.audit(
            AuditEvent.restoring, target: backup.path, reason: options.reason,
            counts: [
                "epoch": epoch, "as_of": backup.asOf.milliseconds, "ended": Int64(decision.ending.count),
                "returned": Int64(decision.returning.count), "rules": Int64(decision.rules.count),
                "policies": Int64(decision.policies.count),
            ])
        // What came with the backup first: what ends and is denied has the last word.
        try store.bringBackNames()
        try store.bringBackLogins(decision.returning)
        for policy in decision.policies { try store.setPolicy(policy.name, to: policy.after) }
        for rule in decision.rules {
            try store.deny(
                rule.scope, rule.value, issuedBefore: rule.issuedBefore, matchesUntil: rule.matchesUntil, audit: seq,
                reason: rule.reason)
        }
        try store.endLogins(decision.ending, audit: seq, reason: options.reason)
        try store.beginEpoch(epoch)
        var report = Report(
            action: "backup.restore", items: [.init(backup.path, .changed)],
            lines: [
                "restored \(backup.path) as of \(backup.asOf.rfc3339); epoch \(epoch) begins",
                "the database as it was is kept as \(kept)",
            ] + consequences(decision),
            stillValidUntil: decision.stillValidUntil,
            details: RestoreReport.details(
                backup, epoch: epoch, kept: kept, ended: decision.ending.count, returned: decision.returning.count,
                rules: decision.rules.count, policies: decision.policies.map(\.name), keysRevoked: []))
        report.audit = seq
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        preparation.conclude()
        return report
    }
}

/// What both ways of restoring report beyond the common members.
enum RestoreReport {
    static func details(
        _ backup: Backup, epoch: Int64, kept: String?, ended: Int, returned: Int, rules: Int, policies: [String],
        keysRevoked: [String], keySet: RestoredKeySet = RestoredKeySet()
    ) -> [JSON.Member] {
        [
            .init("store", .string(backup.storeID)), .init("epoch", .integer(epoch)),
            .init("as_of", .string(backup.asOf.rfc3339)), .init("kept_as", kept.map(JSON.string) ?? .null),
            .init("sessions_ended", .integer(Int64(ended))), .init("sessions_returned", .integer(Int64(returned))),
            .init("rules_returned", .integer(Int64(rules))), .init("policies", .array(policies.map(JSON.string))),
            .init("keys_revoked", .array(keysRevoked.map(JSON.string))),
        ] + keySet.details
    }
}

extension String {
    /// The last part of a path.
    var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
