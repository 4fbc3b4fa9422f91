internal import TokenStorage

/// A rule may go once nothing it matches can verify: its latest `exp` and the skew are over.
extension StoreReading {
    func countRulesDue() throws -> Int {
        try sql.row("SELECT count(*) FROM deny_rule WHERE matches_until < \(now - policies.clockSkew)")?.get(0) ?? 0
    }

    func countSessionsDue(_ cut: Instant) throws -> Int {
        try dueSessions(cut).reduce(0) { total, due in
            try total + (sql.value("SELECT count(*) FROM session s WHERE " + due) ?? 0)
        }
    }

    /// Those that ended alone before `cut`, and with `ofDueSessions` those that go with their session.
    func countFamiliesDue(_ cut: Instant, ended: Bool, ofDueSessions: Bool) throws -> Int {
        let due = ofDueSessions ? try dueSessions(cut) : []
        var families = try due.reduce(0) { total, due in
            try total
                + (sql.value(
                    "SELECT count(*) FROM session s JOIN refresh_family f ON f.session_id = s.id WHERE " + due) ?? 0)
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
        try ["s.ended_at < \(cut)", "s.ended_at IS NULL AND s.alive_until < \(cut)"]
            + flooredClients().filter { $0.floor < cut }.map { $0.condition + " AND s.alive_until >= \(cut)" }
    }

    private func noneOf(_ conditions: [SQL]) -> SQL {
        // Not NOT, which leaves a row out where the condition is unknown because `ended_at` is NULL.
        conditions.reduce("") { $0 + " AND (" + $1 + ") IS NOT TRUE" }
    }

    func countUnmarkedFloored() throws -> Int {
        try flooredClients().reduce(0) { total, floored in
            try total
                + (sql.row("SELECT count(*) FROM session s WHERE " + floored.condition)?.get(0, as: Int.self) ?? 0)
        }
    }

    /// Each client with the floor that its sessions are below, and which of them are not marked ended yet.
    fileprivate func flooredClients() throws -> [(floor: Instant, condition: SQL)] {
        try sql.rows("SELECT id, floor_at FROM client").compactMap { row in
            let client = try row.get(0, as: Int64.self)
            let floor = max(try row.get(1, as: Instant.self), facts.floor)
            guard floor.milliseconds > 0 else { return nil }
            return (
                floor,
                "s.client_id = \(client) AND s.valid_from <= \(floor) AND s.alive_until > \(floor) AND s.ended_at IS NULL"
            )
        }
    }
}

extension StoreWriter {
    /// Turns sessions below a floor into ended ones, as of the floor. The floor itself stays.
    func endFloored(_ limit: Int) throws -> Int {
        var total = 0
        for (floor, condition) in try flooredClients() where total < limit {
            let why = floor == facts.floor ? EndReason.everyoneLogout : .clientLogout
            let rows: SQL = "SELECT s.id FROM session s WHERE " + condition + " LIMIT \(limit - total)"
            let ids = try sql.rows(rows).map { try $0.get(0, as: Int64.self) }
            for id in ids {
                try execute(
                    """
                    UPDATE session SET ended_at = \(floor), end_reason = \(why.rawValue), ended_by = \(actor.name),
                                       alive_until = \(floor)
                    WHERE id = \(id)
                    """)
            }
            total += ids.count
        }
        return total
    }

    /// Sessions that stopped being alive before `cut`, with their families.
    func removeSessions(_ cut: Instant, _ limit: Int) throws -> (sessions: Int, families: Int) {
        let due: SQL = """
            SELECT id FROM session WHERE ended_at < \(cut) UNION ALL
            SELECT id FROM session WHERE ended_at IS NULL AND alive_until < \(cut) LIMIT \(limit)
            """
        let families = try execute("DELETE FROM refresh_family WHERE session_id IN (" + due + ")")
        let sessions = try execute("DELETE FROM session WHERE id IN (" + due + ")")
        return (sessions, families)
    }

    /// Families that ended while their session lives on.
    func removeFamilies(_ cut: Instant, _ limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM refresh_family WHERE id IN
                (SELECT id FROM refresh_family WHERE ended_at < \(cut) ORDER BY ended_at LIMIT \(limit))
            """)
    }

    /// Sealed successors that no lost response can ask for any more.
    func wipeSuccessors(_ limit: Int) throws -> Int {
        try execute(
            """
            UPDATE refresh_family SET successor = NULL WHERE id IN
                (SELECT id FROM refresh_family WHERE successor IS NOT NULL AND grace_until < \(now)
                 LIMIT \(limit))
            """)
    }

    func removeRules(_ limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM deny_rule WHERE id IN
                (SELECT id FROM deny_rule WHERE matches_until < \(now - policies.clockSkew) LIMIT \(limit))
            """)
    }
}
