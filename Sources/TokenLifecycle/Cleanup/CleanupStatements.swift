internal import TokenStorage

/// A client whose sessions valid from its floor, or everyone's, or before are logged out.
struct FlooredClient {
    let row: Int64
    let floor: Instant
    /// Its sessions made before the floor have numbers below this one.
    let firstAfter: Int64

    /// Which sessions are below the floor and not marked ended yet, of a table `s`.
    var unmarked: SQL {
        """
        s.client_id = \(row) AND s.id < \(firstAfter) AND s.valid_from <= \(floor) AND s.alive_until > \(floor)
        AND s.ended_at IS NULL
        """
    }
}

extension StoreReading {
    func flooredClients() throws -> [FlooredClient] {
        try sql.rows("SELECT id, floor_at FROM client").compactMap { row in
            let floor = max(try row.get(1, as: Instant.self), facts.floor)
            guard floor.milliseconds > 0 else { return nil }
            let first = try firstRow(of: .session, createdAtOrAfter: floor + .milliseconds(1))
            return FlooredClient(row: try row.get(0), floor: floor, firstAfter: first)
        }
    }

    /// Which numbers sessions have; nil where there is none.
    func sessionNumbers() throws -> ClosedRange<Int64>? {
        guard let row = try sql.row("SELECT (SELECT min(id) FROM session), (SELECT max(id) FROM session)"),
            let first = try row.get(0, as: Int64?.self), let last = try row.get(1, as: Int64?.self)
        else { return nil }
        try requireSessionNumber(first)
        try requireSessionNumber(last)
        return first...last
    }

    /// Public ids have room for no other: one beyond would be walked to for days.
    func requireSessionNumber(_ number: Int64) throws {
        guard number > 0, number < 1 << 40 else {
            throw Failure.disagreement("a session has a number that is never given")
        }
    }

    /// Sessions that stopped being alive before `cut`, by their entries alone: some may be gone.
    func dueSessions(_ cut: Instant, _ span: ClosedRange<Int64>) throws -> RowNumbers {
        try gather(
            span,
            """
            SELECT session_id FROM session_by_end WHERE ended_at > 0 AND ended_at < \(cut) UNION ALL
            SELECT session_id FROM session_by_end WHERE ended_at = 0 AND alive_until < \(cut)
            """)
    }

    func flooredSessions(_ client: FlooredClient, _ span: ClosedRange<Int64>) throws -> RowNumbers {
        try gather(span, "SELECT s.id FROM session s WHERE " + client.unmarked)
    }

    /// Sessions that are there, read from the smallest index.
    func sessionsThere(_ span: ClosedRange<Int64>) throws -> RowNumbers {
        try gather(span, "SELECT id FROM session")
    }

    private func gather(_ span: ClosedRange<Int64>, _ rows: SQL) throws -> RowNumbers {
        var numbers = RowNumbers(from: span.lowerBound, through: span.upperBound)
        try sql.forEachInteger(rows) { number in
            if span.contains(number) { numbers.insert(number) }
            return true
        }
        return numbers
    }
}

extension StoreWriter {
    /// Turns sessions below a floor into ended ones, as of the floor. The floor itself stays. `rows` rise.
    func endFloored(_ rows: [Int64], _ client: FlooredClient) throws -> Int {
        let why = client.floor == facts.floor ? EndReason.everyoneLogout : .clientLogout
        var ended = 0
        for row in rows {
            let update: SQL = """
                UPDATE session AS s SET ended_at = \(client.floor), end_reason = \(why.rawValue), ended_by = \(actor.name),
                                        alive_until = \(client.floor)
                WHERE s.id = \(row) AND 
                """
            ended += try execute(update + client.unmarked)
        }
        return ended
    }

    /// The first of `rows`, which rise, that with their families make no more than `most` rows; `least` of them in any case, so
    /// that every run gets on.
    func wholeLogins(_ rows: [Int64], atMost most: Int, atLeast least: Int) throws -> [Int64] {
        guard let first = rows.first, let last = rows.last else { return [] }
        var families: [Int64: Int] = [:]
        try sql.forEachInteger("SELECT session_id FROM refresh_family WHERE session_id BETWEEN \(first) AND \(last)") {
            families[$0, default: 0] += 1
            return true
        }
        var (count, sum) = (0, 0)
        for row in rows {
            sum += 1 + (families[row] ?? 0)
            guard sum <= most || count < least else { break }
            count += 1
        }
        return Array(rows.prefix(count))
    }

    /// Removes those of `rows`, which rise, that stopped being alive before `cut`, with their families.
    ///
    /// What was gathered is asked again here: a row goes by what it says in the transaction that removes it.
    func removeSessions(_ rows: [Int64], _ cut: Instant) throws -> (sessions: Int, families: Int) {
        guard let first = rows.first, let last = rows.last else { return (0, 0) }
        // Where most of a range goes, one statement removes it; where few do, it would look at all the others.
        guard last - first >= 4 * rows.count else {
            return try removeSessions("id BETWEEN \(first) AND \(last)", "session_id BETWEEN \(first) AND \(last)", cut)
        }
        var removed = (sessions: 0, families: 0)
        for row in rows {
            let (sessions, families) = try removeSessions("id = \(row)", "session_id = \(row)", cut)
            removed.sessions += sessions
            removed.families += families
        }
        return removed
    }

    private func removeSessions(
        _ rows: SQL, _ familiesOfRows: SQL, _ cut: Instant
    ) throws -> (sessions: Int, families: Int) {
        let due: SQL = " AND alive_until < \(cut) AND coalesce(ended_at, 0) < \(cut)"
        let families = try execute(
            "DELETE FROM refresh_family WHERE " + familiesOfRows + " AND session_id IN (SELECT id FROM session WHERE "
                + rows + due + ")")
        return (try execute("DELETE FROM session WHERE " + rows + due), families)
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
    func wipeSuccessors(_ cut: Instant, _ limit: Int) throws -> Int {
        try execute(
            """
            UPDATE refresh_family SET successor = NULL WHERE id IN
                (SELECT id FROM refresh_family WHERE successor IS NOT NULL AND grace_until < \(cut)
                 LIMIT \(limit))
            """)
    }

    /// A rule may go once nothing it matches can verify: its latest `exp` and the skew are over.
    func removeRules(_ cut: Instant, _ limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM deny_rule WHERE id IN
                (SELECT id FROM deny_rule WHERE matches_until < \(cut) LIMIT \(limit))
            """)
    }
}
