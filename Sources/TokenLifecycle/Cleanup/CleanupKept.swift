internal import TokenCrypto
internal import TokenStorage

extension CleanupTable {
    fileprivate init(_ name: Name, remaining: Int, since oldest: Instant?, _ kept: [Kept]) {
        self.init(
            name: name, remaining: remaining, oldestRemaining: remaining > 0 ? oldest : nil,
            kept: kept.filter { $0.rows > 0 })
    }
}

/// What stays, and why. Counted through indexes and entries alone.
extension StoreReading {
    func surveySessions(
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

    func surveyFamilies(
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

    func surveySuccessors(_ due: Int) throws -> CleanupTable {
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

    func surveyRules(_ due: Int) throws -> CleanupTable {
        let skew = try policies.clockSkew
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

    func surveyKeys(_ counts: Cleanup.Counts) throws -> [CleanupTable] {
        let schedule = try signingSchedule()
        let signing = schedule.keys.filter { [.active, .standby].contains(schedule.state(of: $0, at: now)) }
        let retiring = schedule.keys.filter {
            schedule.state(of: $0, at: now) == .retiring && !counts.keysRemoved.contains($0.kid)
        }
        let halves = retiring.filter { $0.hasPrivateHalf && !counts.privateHalves.contains($0.kid) }
        let returnable = halves.filter { $0.isOurs && !$0.algorithm.isSymmetric }
        let secrets = halves.filter { !$0.isOurs || $0.algorithm.isSymmetric }
        let rollback = try policies.keyRollback
        func untilReturn(_ keys: [SigningKey]) -> [Instant] {
            keys.compactMap { schedule.canReturnUntil($0, at: now, rollback: rollback) }
        }
        return [
            CleanupTable(
                .keys, remaining: counts.keysRemoved.count,
                since: try schedule.keys.filter { counts.keysRemoved.contains($0.kid) }.map {
                    try removableAfter($0, schedule)
                }.min(),
                [
                    .init(why: .signing, rows: signing.count, until: nil),
                    .init(
                        why: .needed, rows: retiring.count,
                        until: try retiring.map { try removableAfter($0, schedule) }.max()),
                ]),
            CleanupTable(
                .privateHalves, remaining: counts.privateHalves.count,
                since: untilReturn(schedule.keys.filter { counts.privateHalves.contains($0.kid) }).min(),
                [
                    .init(why: .signing, rows: signing.count { $0.hasPrivateHalf }, until: nil),
                    .init(why: .rollback, rows: returnable.count, until: untilReturn(returnable).max()),
                    .init(
                        why: .needed, rows: secrets.count,
                        until: try secrets.map { try removableAfter($0, schedule) }.max()),
                ]),
        ]
    }

    func surveyAuditEvents() throws -> CleanupTable {
        guard
            let ends = try sql.row(
                "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0), min(at), max(at) FROM audit_event")
        else { return CleanupTable(.auditEvents, remaining: 0, since: nil, []) }
        let (first, last): (Int64, Int64) = (try ends.get(0), try ends.get(1))
        let due = try auditEventsDue().map { Int($0 - first + 1) } ?? 0
        let left = Int(last - first + 1) - due
        guard let retention = try policies.retentionAudit else {
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
