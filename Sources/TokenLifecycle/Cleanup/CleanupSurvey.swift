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
            counts.privateHalves = try store.privateHalvesDue().map(\.kid)
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

extension CleanupTable {
    fileprivate init(_ name: Name, remaining: Int, since oldest: Instant?, _ kept: [Kept]) {
        self.init(
            name: name, remaining: remaining, oldestRemaining: remaining > 0 ? oldest : nil,
            kept: kept.filter { $0.rows > 0 })
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

/// What stays, and why. Counted through indexes and entries alone.
extension StoreReading {
    fileprivate func surveySessions(
        _ moment: CleanupMoment, _ counts: Cleanup.Counts, _ floored: FlooredSurvey
    ) throws -> CleanupTable {
        let cut = moment.logins
        let open: Int =
            try sql.value("SELECT count(*) FROM session_by_end WHERE ended_at = 0 AND alive_until > \(now)") ?? 0
        let kept = try sql.row(
            """
            SELECT (SELECT count(*) FROM \(ends) WHERE ended_at > 0 AND ended_at >= \(cut))
                    + (SELECT count(*) FROM \(ends) WHERE ended_at = 0 AND alive_until BETWEEN \(cut) AND \(now)),
                   (SELECT max(ended_at) FROM \(ends) WHERE ended_at > 0),
                   (SELECT max(alive_until) FROM \(ends) WHERE ended_at = 0 AND alive_until <= \(now)),
                   (SELECT max(alive_until) FROM \(ends) WHERE ended_at = 0),
                   (SELECT min(ended_at) FROM \(ends) WHERE ended_at > 0),
                   (SELECT min(alive_until) FROM \(ends) WHERE ended_at = 0)
            """)
        let times = try (1...5).map { try kept?.get($0, as: Instant?.self) }
        // Those below a floor are logged out: until they are marked, they are among the open ones or those that ran out.
        let logins = max(0, open - floored.open)
        let over = try kept?.get(0, as: Int.self) ?? 0
        let retained = over + floored.open - floored.due
        let lastOver = [times[0], times[1], floored.lastKept].compactMap { $0 }.max()
        return CleanupTable(
            .sessions, remaining: counts.sessions, since: [times[3], times[4]].compactMap { $0 }.min(),
            [
                .init(why: .alive, rows: logins, until: times[2]),
                .init(why: .retention, rows: retained, until: lastOver.map { $0 + moment.retention }),
            ])
    }

    fileprivate func surveyFamilies(
        _ moment: CleanupMoment, _ due: Int, ofDueSessions: Bool
    ) throws -> CleanupTable {
        let cut = moment.logins
        let row = try sql.row(
            """
            SELECT (SELECT count(*) FROM refresh_family),
                   (SELECT count(*) FROM refresh_family WHERE ended_at >= \(cut)),
                   (SELECT max(ended_at) FROM refresh_family WHERE ended_at >= \(cut)),
                   (SELECT min(ended_at) FROM refresh_family WHERE ended_at < \(cut))
            """)
        let alone = try row?.get(1, as: Int.self) ?? 0
        let all = try row?.get(0, as: Int.self) ?? 0
        var since = [try row?.get(3, as: Instant?.self)].compactMap { $0 }
        if ofDueSessions { since += try oldestFamiliesOfDueSessions(cut) }
        return CleanupTable(
            .families, remaining: due, since: since.min(),
            [
                .init(why: .session, rows: max(0, all - due - alone), until: nil),
                .init(
                    why: .retention, rows: alone,
                    until: try row?.get(2, as: Instant?.self).map { $0 + moment.retention }),
            ])
    }

    /// When the first session with a family stopped being alive, of those that were ended and of those that ran out.
    private func oldestFamiliesOfDueSessions(_ cut: Instant) throws -> [Instant] {
        let hasFamily: SQL = " AND EXISTS (SELECT 1 FROM refresh_family f WHERE f.session_id = e.session_id)"
        let ended: SQL = "SELECT e.ended_at FROM session_by_end e WHERE e.ended_at > 0 AND e.ended_at < \(cut)"
        let over: SQL = "SELECT e.alive_until FROM session_by_end e WHERE e.ended_at = 0 AND e.alive_until < \(cut)"
        return try [
            ended + hasFamily + " ORDER BY e.ended_at LIMIT 1", over + hasFamily + " ORDER BY e.alive_until LIMIT 1",
        ]
        .compactMap { try sql.row($0)?.get(0, as: Instant.self) }
    }

    fileprivate func surveySuccessors(_ due: Int) throws -> CleanupTable {
        let row = try sql.row(
            """
            SELECT (SELECT count(*) FROM refresh_family WHERE successor IS NOT NULL AND grace_until >= \(now)),
                   (SELECT max(grace_until) FROM refresh_family WHERE successor IS NOT NULL),
                   (SELECT min(grace_until) FROM refresh_family WHERE successor IS NOT NULL)
            """)
        return CleanupTable(
            .successors, remaining: due, since: try row?.get(2),
            [
                .init(why: .grace, rows: try row?.get(0) ?? 0, until: try row?.get(1))
            ])
    }

    fileprivate func surveyRules(_ due: Int) throws -> CleanupTable {
        let skew = policies.clockSkew
        let row = try sql.row(
            """
            SELECT (SELECT count(*) FROM deny_rule WHERE matches_until >= \(now - skew)),
                   (SELECT count(*) FROM deny_rule WHERE matches_until IS NULL),
                   (SELECT max(matches_until) FROM deny_rule), (SELECT min(matches_until) FROM deny_rule)
            """)
        return CleanupTable(
            .rules, remaining: due, since: try row?.get(3, as: Instant?.self).map { $0 + skew },
            [
                .init(
                    why: .needed, rows: try row?.get(0) ?? 0,
                    until: try row?.get(2, as: Instant?.self).map { $0 + skew }),
                .init(why: .forever, rows: try row?.get(1) ?? 0, until: nil),
            ])
    }

    fileprivate func surveyKeys(_ counts: Cleanup.Counts) throws -> [CleanupTable] {
        let schedule = try signingSchedule()
        let signing = schedule.keys.filter { [.active, .standby].contains(schedule.state(of: $0, at: now)) }
        let retiring = schedule.keys.filter {
            schedule.state(of: $0, at: now) == .retiring && !counts.keysRemoved.contains($0.kid)
        }
        let returnable = retiring.filter { $0.hasPrivateHalf && $0.isOurs && !counts.privateHalves.contains($0.kid) }
        return [
            CleanupTable(
                .keys, remaining: counts.keysRemoved.count,
                since: schedule.keys.filter { counts.keysRemoved.contains($0.kid) }.map {
                    removableAfter($0, schedule)
                }.min(),
                [
                    .init(why: .signing, rows: signing.count, until: nil),
                    .init(
                        why: .needed, rows: retiring.count, until: retiring.map { removableAfter($0, schedule) }.max()),
                ]),
            CleanupTable(
                .privateHalves, remaining: counts.privateHalves.count, since: nil,
                [
                    .init(why: .signing, rows: signing.count { $0.hasPrivateHalf }, until: nil),
                    .init(
                        why: .rollback, rows: returnable.count,
                        until: returnable.compactMap {
                            schedule.canReturnUntil($0, at: now, rollback: policies.keyRollback)
                        }.max()),
                ]),
        ]
    }

    fileprivate func surveyAuditEvents() throws -> CleanupTable {
        guard
            let ends = try sql.row(
                "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0), min(at), max(at) FROM audit_event")
        else { return CleanupTable(.auditEvents, remaining: 0, since: nil, []) }
        let (first, last): (Int64, Int64) = (try ends.get(0), try ends.get(1))
        let due = try auditEventsDue().map { Int($0 - first + 1) } ?? 0
        let left = Int(last - first + 1) - due
        guard let retention = policies.retentionAudit else {
            return CleanupTable(.auditEvents, remaining: 0, since: nil, [.init(why: .forever, rows: left, until: nil)])
        }
        return CleanupTable(
            .auditEvents, remaining: due, since: try ends.get(2, as: Instant?.self).map { $0 + retention },
            [
                .init(
                    why: .retention, rows: left, until: try ends.get(3, as: Instant?.self).map { $0 + retention })
            ])
    }
}
