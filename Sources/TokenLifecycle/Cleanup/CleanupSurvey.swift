internal import TokenStorage

/// What a cleanup would remove, counted exactly, and what would stay, and why.
package struct CleanupSurvey: Sendable {
    package private(set) var counts = Cleanup.Counts()
    private var due: [CleanupTable] = []

    init(_ options: Cleanup.Options, _ store: some StoreReading, at moment: CleanupMoment? = nil) throws {
        let moment = try moment ?? CleanupMoment(options, store)
        let cut = moment.logins
        let sessionsGo = options.parts.contains(.sessions)
        if sessionsGo {
            counts.ended = try store.countUnmarkedFloored()
            counts.sessions = try store.countSessionsDue(cut)
            due.append(try store.surveySessions(cut, counts))
        }
        counts.families = try store.countFamiliesDue(
            cut, ended: options.parts.contains(.refresh), ofDueSessions: sessionsGo)
        if sessionsGo || options.parts.contains(.refresh) {
            due.append(try store.surveyFamilies(cut, counts.families))
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
            counts.auditEvents = table.remaining
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

    func countSessionsDue(_ cut: Instant) throws -> Int {
        let over: Int =
            try sql.value(
                """
                SELECT (SELECT count(*) FROM \(ends) WHERE ended_at > 0 AND ended_at < \(cut))
                    + (SELECT count(*) FROM \(ends) WHERE ended_at = 0 AND alive_until < \(cut))
                """) ?? 0
        return try flooredAndDue(cut).reduce(over) { total, floored in
            try total + (sql.value("SELECT count(*) FROM session s WHERE " + floored) ?? 0)
        }
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

    func countUnmarkedFloored() throws -> Int {
        try flooredClients().reduce(0) { total, client in
            try total + (sql.value("SELECT count(*) FROM session s WHERE " + client.unmarked) ?? 0)
        }
    }
}

/// What stays, and why. Counted through indexes and entries alone.
extension StoreReading {
    fileprivate func surveySessions(_ cut: Instant, _ counts: Cleanup.Counts) throws -> CleanupTable {
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
        // Those below a floor are logged out: they are among the open ones until they are marked, or among the due.
        let logins = max(0, open - counts.ended)
        let over = try kept?.get(0, as: Int.self) ?? 0
        let lastOver = [times[0], times[1]].compactMap { $0 }.max()
        return CleanupTable(
            .sessions, remaining: counts.sessions, since: [times[3], times[4]].compactMap { $0 }.min(),
            [
                .init(why: .alive, rows: logins, until: times[2]),
                .init(why: .retention, rows: over, until: lastOver.map { $0 + (now - cut) }),
            ])
    }

    fileprivate func surveyFamilies(_ cut: Instant, _ due: Int) throws -> CleanupTable {
        let row = try sql.row(
            """
            SELECT (SELECT count(*) FROM refresh_family),
                   (SELECT count(*) FROM refresh_family WHERE ended_at >= \(cut)),
                   (SELECT max(ended_at) FROM refresh_family WHERE ended_at >= \(cut)),
                   (SELECT min(ended_at) FROM refresh_family WHERE ended_at < \(cut))
            """)
        let alone = try row?.get(1, as: Int.self) ?? 0
        let all = try row?.get(0, as: Int.self) ?? 0
        return CleanupTable(
            .families, remaining: due, since: try row?.get(3, as: Instant?.self),
            [
                .init(why: .session, rows: max(0, all - due - alone), until: nil),
                .init(
                    why: .retention, rows: alone, until: try row?.get(2, as: Instant?.self).map { $0 + (now - cut) }),
            ])
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
