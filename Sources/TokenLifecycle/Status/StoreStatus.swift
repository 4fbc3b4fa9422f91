internal import TokenCrypto
internal import TokenStorage

/// One screen about the store: what is alive, which key signs and how old, what needs attention.
package struct StoreStatus: Sendable {
    package struct KeySummary: Sendable {
        package var kid: String
        package var algorithm: String
        package var since: Instant
    }

    package var storeID: String
    package var epoch: Int64
    package var createdAt: Instant
    package var liveSessions: Int
    package var liveUsers: Int
    package var liveFamilies: Int
    package var signer: KeySummary?
    /// The key that takes over next, and when, where a promotion waits.
    package var pending: (kid: String, takesOver: Instant?)?
    package var standbys: Int
    package var retiring: Int
    package var rules: Int
    package var floor: Instant?
    package var lastCleanup: Instant?
    package var lastPublication: Instant?
    package var auditEvents: Int64
    /// What an operator should look at, most urgent first.
    package var warnings: [String]
}

extension Store {
    /// What is alive, and the warnings: what `doctor` finds at a glance.
    package func status() throws -> StoreStatus {
        var status = try read { try $0.status() }
        status.warnings = try diagnose(.instant).findings.filter { $0.answer > .ok }.map(\.line)
        return status
    }
}

extension StoreReading {
    fileprivate func status() throws -> StoreStatus {
        let schedule = try signingSchedule()
        let signer = schedule.signer(at: now)
        let pending = schedule.pending(at: now)
        let live: Int = try countSessions(SessionFilter())
        let users: Int =
            try sql.row(
                "SELECT count(DISTINCT s.user_id) FROM " + unended(with: " CROSS JOIN client c")
                    + " AND c.id = s.client_id AND s.valid_from > c.floor_at AND s.valid_from > \(facts.floor)")?.get(0)
            ?? 0
        let families: Int =
            try sql.row(
                "SELECT count(*) FROM " + unended(with: " CROSS JOIN client c CROSS JOIN refresh_family f") + """
                     AND c.id = s.client_id AND s.valid_from > c.floor_at AND s.valid_from > \(facts.floor)
                    AND f.session_id = s.id AND f.ended_at IS NULL
                    """)?.get(0) ?? 0
        let rules: Int =
            try sql.row(
                """
                SELECT count(*) FROM deny_rule WHERE matches_until IS NULL OR matches_until > \(now - policies.clockSkew)
                """)?.get(0) ?? 0
        return StoreStatus(
            storeID: facts.storeID, epoch: facts.epoch, createdAt: facts.createdAt, liveSessions: live,
            liveUsers: users,
            liveFamilies: families,
            signer: signer.map { .init(kid: $0.key.kid, algorithm: $0.key.algorithm.rawValue, since: $0.since) },
            pending: pending.map { ($0.key.kid, $0.takesOver) }, standbys: schedule.standbys(at: now).count,
            retiring: schedule.keys.count { schedule.state(of: $0, at: now) == .retiring }, rules: rules,
            floor: facts.floor.milliseconds > 0 ? facts.floor : nil,
            lastCleanup: try lastCleanup(),
            lastPublication: try sql.row("SELECT max(at) FROM publication")?.get(0),
            auditEvents: try auditHead()?.seq ?? 0, warnings: [])
    }
}
