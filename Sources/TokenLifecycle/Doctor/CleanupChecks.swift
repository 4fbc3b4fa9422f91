internal import TokenStorage

extension HealthCheck {
    /// How long nobody needs to worry: a nightly job that failed once.
    private static let cleanupDue = Duration.seconds(2 * 86_400)
    /// How much longer than its retention a row may lie before someone should look.
    private static let patience = Duration.seconds(3 * 86_400)
    /// Counting goes no further.
    private static let countedAtMost = 1_000_000

    static let cleanup = HealthCheck.store("cleanup", .instant) { examination in
        let store = examination.store
        let last = try store.lastCleanup()
        let age = store.now - (last ?? store.facts.createdAt)
        let measure = Finding.Measure.seconds("cleanup_age_seconds", age, warning: cleanupDue)
        guard age > cleanupDue else {
            return .ok(last.map { "last ended at \($0.rfc3339)" } ?? "not due yet", measure)
        }
        // A store on which nothing has expired needs no cleanup.
        guard let oldest = try store.oldestUncleaned(),
            try oldest < store.now - store.policies.retentionEnded - patience
        else { return .ok("nothing that should be gone is left", measure) }
        let hint = "run 'tokenctl cleanup' every night, as packaging/ shows"
        return .warning(
            last.map { "no cleanup has ended since \($0.rfc3339)" } ?? "no cleanup has ever ended", hint: hint, measure)
    }

    static let backlog = HealthCheck.store("cleanup_backlog", .thorough) { examination in
        let store = examination.store
        let cut = try store.now - store.policies.retentionEnded
        let due = try store.countUncleaned(before: cut, upTo: countedAtMost)
        let measure = Finding.Measure.count("cleanup_backlog_rows", due)
        guard due > 0, let oldest = try store.oldestUncleaned() else { return .ok("no session is overdue", measure) }
        let count = due >= countedAtMost ? "\(countedAtMost.grouped) or more sessions" : due.counted("session")
        let said = "\(count) past retention.ended, the oldest since \(oldest.rfc3339)"
        guard oldest < cut - patience else { return .ok(said, measure) }
        return .warning(said, hint: "'tokenctl cleanup' removes them in small steps", measure)
    }

    static let denylist = HealthCheck.store("denylist", .thorough) { examination in
        let store = examination.store
        let all: Int =
            try store.sql.value("SELECT count(*) FROM (SELECT 1 FROM deny_rule LIMIT \(countedAtMost))") ?? 0
        let over = try store.now - store.policies.clockSkew
        let spent: Int =
            try store.sql.value(
                """
                SELECT count(*) FROM (SELECT 1 FROM deny_rule WHERE matches_until < \(over) LIMIT \(countedAtMost))
                """) ?? 0
        let measures = [
            Finding.Measure.count("denylist_rules", all, warning: denylistLimit), .count("denylist_spent_rules", spent),
        ]
        let said = "\(all.counted("rule")), \(spent.grouped) of them over"
        var finding: Finding =
            if all - spent > denylistLimit {
                .warning(said, hint: "one rule for a user or a client stands for many; see 'tokenctl denylist list'")
            } else if spent > max(1000, all / 2) {
                .warning(said, hint: "'tokenctl cleanup --only denylist' removes what is over")
            } else {
                .ok(said)
            }
        finding.measures = measures
        return finding
    }

    /// More live rules than this are a burden to every verifier that holds a copy.
    private static let denylistLimit = 100_000
}

extension StoreReading {
    /// When the session that has been over longest stopped being alive. Two looks at the entries by end.
    func oldestUncleaned() throws -> Instant? {
        let ended: Instant? = try sql.value(
            "SELECT ended_at FROM \(ends) WHERE ended_at > 0 ORDER BY ended_at LIMIT 1")
        let expired: Instant? =
            try sql.row(
                """
                SELECT alive_until FROM \(ends) WHERE ended_at = 0 AND alive_until < \(now)
                ORDER BY alive_until LIMIT 1
                """)?.get(0)
        return [ended, expired].compactMap { $0 }.min()
    }

    /// At most `limit` of the sessions that stopped being alive before `cut`, counted by their entries.
    func countUncleaned(before cut: Instant, upTo limit: Int) throws -> Int {
        try sql.value(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM \(ends) WHERE ended_at > 0 AND ended_at < \(cut) UNION ALL
                SELECT 1 FROM \(ends) WHERE ended_at = 0 AND alive_until < \(cut) LIMIT \(limit))
            """) ?? 0
    }
}
