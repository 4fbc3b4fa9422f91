internal import TokenStorage

/// The act on record that ended something early: who did what to whom, when and why.
package struct Cause: Sendable, Equatable {
    /// Number of the rule that denies, where one does.
    package var rule: Int64?
    /// What was acted on: "user alice", "key 7dQ2…", "everyone".
    package var subject: String
    /// What was done to it, in the passive: "logged out".
    package var deed: String
    package var actor: String
    package var at: Instant
    /// Tokens issued up to this instant are meant; none where the act means all, or all until it happened.
    package var cutOff: Instant?
    package var reason: String?
    /// Sequence of the audit event; none where retention removed it, or the act is a fact on its row.
    package var audit: Int64?

    /// "denied by rule 17: user alice logged out by dana 3m ago, INC-481 (audit 41)"; `time` says how instants read.
    package func sentence(_ time: (Instant) -> String = { "at " + $0.rfc3339 }) -> String {
        let prefix = rule.map { "denied by rule \($0): " } ?? ""
        let meant = cutOff.map { ", as for what was issued until \($0.rfc3339)" } ?? ""
        let why = reason.map { ", \($0)" } ?? ""
        let event = audit.map { " (audit \($0))" } ?? ""
        return "\(prefix)\(subject) \(deed) by \(actor) \(time(at))\(meant)\(why)\(event)"
    }

    /// What the act of an audit event did to a login or a key, as a person would say it.
    fileprivate static func deed(_ verb: String) -> String {
        switch verb {
        case "user.logout", "client.logout", "everyone.logout": "logged out"
        case "session.revoke": "ended"
        case "session.limit": "ended, one login too many,"
        case "refresh.replay": "ended, a spent refresh token was used again,"
        case "refresh.revoke": "ended, its refresh token revoked,"
        case "key.revoke": "revoked"
        case "key.remove": "removed"
        case AuditEvent.restoring: "ended by a restore"
        default: "denied"
        }
    }
}

extension StoreReading {
    /// Why a rule is there: the act that wrote it or widened it last.
    package func cause(of rule: DenyRule) throws -> Cause {
        let event = try rule.auditSeq.flatMap { try auditEvent(seq: $0) }
        let at = event?.at ?? rule.createdAt
        let isOwnCutOff = rule.issuedBefore.map { $0.seconds == at.seconds } ?? true
        return Cause(
            rule: rule.id, subject: rule.subject, deed: Cause.deed(event?.verb ?? ""),
            actor: event?.actor.name ?? rule.actor, at: at, cutOff: isOwnCutOff ? nil : rule.issuedBefore,
            reason: event?.reason ?? rule.reason, audit: event?.seq)
    }

    /// The act of an instant, told of `subject`; without a record of it, what its row says.
    func cause(_ subject: String, at instant: Instant, ending end: End? = nil) throws -> Cause? {
        let event = try auditEvent(at: instant)
        guard let actor = event?.actor.name ?? end?.by else { return nil }
        let deed = event.map { Cause.deed($0.verb) } ?? end?.deed ?? "ended"
        return Cause(
            subject: subject, deed: deed, actor: actor, at: instant, reason: event?.reason, audit: event?.seq)
    }

    private func auditEvent(seq: Int64) throws -> AuditEvent? {
        let select: SQL = "SELECT " + AuditEvent.columns + " FROM audit_event WHERE seq = \(seq)"
        return try sql.row(select).map(AuditEvent.init)
    }
}

extension End {
    /// For ends that are facts on their rows and no audited acts.
    fileprivate var deed: String {
        switch reason {
        case EndReason.regenerated.rawValue: "regenerated under a new id"
        case EndReason.logout.rawValue: "logged out"
        case EndReason.restored.rawValue: "ended by a restore"
        default: "ended"
        }
    }
}
