internal import TokenStorage

/// The tables in which sessions are found by what scatters them over the file (migrations/m0001_initial.sql).
///
/// An entry may outlive its session for a while (`StoreFacts.sweepIsDue`): so they are read together with it, as `e` with
/// `s`, except where only the living count, whose entries are never left behind.
enum SessionEntries: CaseIterable {
    case user, ip, device, lastSeen, end

    var table: StaticString {
        switch self {
        case .user: "session_by_user"
        case .ip: "session_by_ip"
        case .device: "session_by_device"
        case .lastSeen: "session_by_last_seen"
        case .end: "session_by_end"
        }
    }

    /// What a session is found by, in the order in which entries lie; equal ones lie in the order of sessions.
    var columns: [StaticString] {
        switch self {
        case .user: ["user_id"]
        case .ip: ["ip"]
        case .device: ["device"]
        case .lastSeen: ["idle_timeout", "last_seen_at"]
        case .end: ["ended_at", "alive_until", "absolute_expires_at"]
        }
    }

    /// What the entry of a session `s` says; where its first column is NULL, no entry is due.
    private var meaning: [(column: StaticString, value: StaticString)] {
        switch self {
        case .user: [("user_id", "s.user_id"), ("absolute_expires_at", "s.absolute_expires_at")]
        case .ip: [("ip", "s.ip"), ("absolute_expires_at", "s.absolute_expires_at")]
        case .device: [("device", "s.device"), ("absolute_expires_at", "s.absolute_expires_at")]
        case .lastSeen:
            [
                ("idle_timeout", "s.idle_timeout"), ("last_seen_at", "s.last_seen_at"),
                ("ended", "(s.ended_at IS NOT NULL)"),
            ]
        case .end:
            [
                ("ended_at", "coalesce(s.ended_at, 0)"), ("alive_until", "s.alive_until"),
                ("absolute_expires_at", "s.absolute_expires_at"),
            ]
        }
    }

    /// Sessions that these entries do not lead to.
    fileprivate var missing: SQL {
        "SELECT count(*) FROM session s WHERE \(raw: meaning[0].value) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \(raw: table) e WHERE "
            + isRight + " AND e.session_id = s.id)"
    }

    /// Entries that lead to no session, or to one that they are not about; while a sweep is due, only the latter.
    fileprivate func astray(sweepIsDue: Bool) -> SQL {
        let session: SQL = "(SELECT 1 FROM session s WHERE s.id = e.session_id AND "
        return "SELECT count(*) FROM \(raw: table) e WHERE "
            + (sweepIsDue ? "EXISTS " + session + "NOT (" + isRight + "))" : "NOT EXISTS " + session + isRight + ")")
    }

    private var isRight: SQL {
        let equal: [SQL] = meaning.map { "e.\(raw: $0.column) = \(raw: $0.value)" }
        return equal.allOf
    }

    /// The numbers of the sessions whose entries meet a condition.
    func sessions(where condition: SQL) -> SQL {
        "SELECT session_id FROM \(raw: table) WHERE " + condition
    }

    /// Sessions `s` by their entries `e`: what goes between FROM and the other conditions.
    func joined(where condition: SQL, with more: SQL = "") -> SQL {
        "\(raw: table) e CROSS JOIN session s" + more + " WHERE s.id = e.session_id AND " + condition
    }
}

extension SQL {
    /// Which sessions `s` are a user's.
    static func isOfUser(_ row: Int64) -> SQL {
        "s.id IN (" + SessionEntries.user.sessions(where: "user_id = \(row)") + ")"
    }
}

extension StoreReading {
    /// Sessions that no deadline and nobody has ended, `s` by their entries `e`; floors are another matter.
    func unended(with more: SQL = "") -> SQL {
        SessionEntries.end.joined(where: "e.ended_at = 0 AND e.alive_until > \(now)", with: more)
    }

    /// How many sessions each table of entries does not lead to, and how many of its entries lead astray; none of either in a
    /// store that is whole. Reads all of them.
    func wrongEntries() throws -> [(table: String, missing: Int, astray: Int)] {
        let wrong = try SessionEntries.allCases.map { entries in
            let missing: Int = try sql.value(entries.missing) ?? 0
            let astray: Int = try sql.value(entries.astray(sweepIsDue: facts.sweepIsDue)) ?? 0
            return (table: entries.table.description, missing: missing, astray: astray)
        }
        let subjects = try wrongBeginnings()
        let others = [
            (table: "session_subject", missing: subjects.missing, astray: subjects.astray),
            (table: "session_span", missing: try hiddenByTheirSpan(), astray: 0),
        ]
        return (wrong + others).filter { $0.missing > 0 || $0.astray > 0 }
    }

    /// Entries by end, of sessions that are there: as a table.
    var ends: SQL {
        facts.sweepIsDue
            ? "(SELECT * FROM session_by_end e WHERE EXISTS (SELECT 1 FROM session s WHERE s.id = e.session_id))"
            : "session_by_end"
    }
}
