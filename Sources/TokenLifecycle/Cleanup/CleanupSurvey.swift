internal import TokenStorage

/// What a cleanup would remove, counted exactly, and what would stay, and why.
package struct CleanupSurvey: Sendable {
    package private(set) var counts = Cleanup.Counts()
    /// What was asked for and cannot be done, with the reason.
    package private(set) var skipped: [(part: Cleanup.Part, why: String)] = []
    private var due: [CleanupTable] = []

    init(_ options: Cleanup.Options, _ store: some StoreReading, at moment: CleanupMoment? = nil) throws {
        let moment = try moment ?? CleanupMoment(options, store)
        let cut = moment.logins
        let sessionsGo = options.parts.contains(.sessions)
        if sessionsGo {
            let floored = try store.surveyFloored(cut)
            counts.ended = floored.unmarked
            counts.sessions = try store.countSessionsOver(cut) + floored.due
            due.append(try store.surveySessions(moment, counts, floored))
        }
        counts.families = try store.countFamiliesDue(
            cut, ended: options.parts.contains(.refresh), ofDueSessions: sessionsGo)
        if sessionsGo || options.parts.contains(.refresh) {
            due.append(try store.surveyFamilies(moment, counts.families, ofDueSessions: sessionsGo))
        }
        if options.parts.contains(.refresh) {
            counts.successors = try store.countSuccessorsDue(cut, ofDueSessions: sessionsGo)
            due.append(try store.surveySuccessors(counts.successors))
        }
        if options.parts.contains(.denylist) {
            counts.rules = try store.countRulesDue()
            due.append(try store.surveyRules(counts.rules))
        }
        if options.parts.contains(.keys) {
            counts.privateHalves = try store.privateHalvesToDestroy().map(\.kid)
            counts.keysRemoved = try store.retiredKeysDue().map(\.kid)
            due += try store.surveyKeys(counts)
        }
        if options.parts.contains(.audit) {
            let table = try store.surveyAuditEvents()
            if table.remaining > 0, let why = try store.reasonToKeepAuditEvents() {
                skipped.append((.audit, why))
            } else {
                counts.auditEvents = table.remaining
            }
            due.append(table)
        }
    }

    /// The tables of the report, before anything was removed or after.
    package func tables(after removed: Cleanup.Counts = .init()) -> [CleanupTable] {
        due.map { table in
            var table = table
            table.removed =
                switch table.name {
                case .sessions: removed.sessions
                case .families: removed.families
                case .successors: removed.successors
                case .rules: removed.rules
                case .keys: removed.keysRemoved.count
                case .privateHalves: removed.privateHalves.count
                case .auditEvents: removed.auditEvents
                }
            return table
        }
    }
}

/// Which of the due rows go, and what they are counted by.
extension StoreReading {
    func countRulesDue() throws -> Int {
        try sql.value("SELECT count(*) FROM deny_rule WHERE matches_until < \(now - policies.clockSkew)") ?? 0
    }

    /// Those that stopped being alive before `cut`, by their entries: what a floor ended and nothing marked is not among them.
    func countSessionsOver(_ cut: Instant) throws -> Int {
        try sql.value(
            """
            SELECT (SELECT count(*) FROM \(ends) WHERE ended_at > 0 AND ended_at < \(cut))
                + (SELECT count(*) FROM \(ends) WHERE ended_at = 0 AND alive_until < \(cut))
            """) ?? 0
    }

    /// Those that ended alone before `cut`, and with `ofDueSessions` those that go with their session.
    func countFamiliesDue(_ cut: Instant, ended: Bool, ofDueSessions: Bool) throws -> Int {
        let due = ofDueSessions ? try dueSessions(cut) : []
        var families = 0
        if ofDueSessions {
            families =
                try sql.value(
                    """
                    SELECT (SELECT count(*) FROM session_by_end e CROSS JOIN refresh_family f
                            WHERE f.session_id = e.session_id AND e.ended_at > 0 AND e.ended_at < \(cut))
                        + (SELECT count(*) FROM session_by_end e CROSS JOIN refresh_family f
                            WHERE f.session_id = e.session_id AND e.ended_at = 0 AND e.alive_until < \(cut))
                    """) ?? 0
            for floored in try flooredAndDue(cut) {
                families +=
                    try sql.value(
                        "SELECT count(*) FROM session s JOIN refresh_family f ON f.session_id = s.id WHERE " + floored)
                    ?? 0
            }
        }
        if ended {
            families +=
                try sql.value(
                    "SELECT count(*) FROM refresh_family f JOIN session s ON s.id = f.session_id WHERE f.ended_at < \(cut)"
                        + noneOf(due)) ?? 0
        }
        return families
    }

    /// With `ofDueSessions`, without those that go with their session.
    func countSuccessorsDue(_ cut: Instant, ofDueSessions: Bool) throws -> Int {
        let due = ofDueSessions ? try dueSessions(cut) : []
        return try sql.value(
            """
            SELECT count(*) FROM refresh_family f JOIN session s ON s.id = f.session_id
            WHERE f.successor IS NOT NULL AND f.grace_until < \(now)
            """ + noneOf(due)) ?? 0
    }

    /// Which sessions go, as conditions of which each session meets one at most: those that stopped being alive before
    /// `cut`, and those that a floor before `cut` ended although nothing has marked them yet.
    private func dueSessions(_ cut: Instant) throws -> [SQL] {
        try ["s.ended_at < \(cut)", "s.ended_at IS NULL AND s.alive_until < \(cut)"] + flooredAndDue(cut)
    }

    private func flooredAndDue(_ cut: Instant) throws -> [SQL] {
        try flooredClients().filter { $0.floor < cut }.map { $0.unmarked + " AND s.alive_until >= \(cut)" }
    }

    private func noneOf(_ conditions: [SQL]) -> SQL {
        // Not NOT, which leaves a row out where the condition is unknown because `ended_at` is NULL.
        conditions.reduce("") { $0 + " AND (" + $1 + ") IS NOT TRUE" }
    }

    /// What floors ended and nothing has marked yet.
    func surveyFloored(_ cut: Instant) throws -> FlooredSurvey {
        var survey = FlooredSurvey()
        for client in try flooredClients() {
            let counts: SQL =
                "SELECT count(*), total(s.alive_until > \(now)), total(s.alive_until >= \(cut)) FROM session s WHERE "
            guard let row = try sql.row(counts + client.unmarked) else { continue }
            let (all, open, lasting): (Int, Double, Double) = (try row.get(0), try row.get(1), try row.get(2))
            survey.unmarked += all
            survey.open += Int(open)
            if client.floor < cut {
                survey.due += Int(lasting)
            } else if all > 0 {
                survey.lastKept = max(survey.lastKept ?? client.floor, client.floor)
            }
        }
        return survey
    }

    /// Why no audit event may go although the policy says so: the identity that must sign for them is out of reach.
    func reasonToKeepAuditEvents() throws -> String? {
        do {
            _ = try identityKey().identity
            return nil
        } catch let failure as Failure where failure.kind == .notPermitted {
            return failure.message
        }
    }
}

/// Sessions below a floor that nothing has marked ended: by their entries they live on.
struct FlooredSurvey {
    var unmarked = 0
    /// Those whose entries say that they are alive.
    var open = 0
    /// Those that go although their entries say that they are not due.
    var due = 0
    /// The latest floor that keeps some.
    var lastKept: Instant?
}
