internal import TokenStorage

/// Tables whose rows are numbered in order of creation: store time never stands still between two writes.
enum NumberedTable {
    case session, user, denyRule, auditEvent

    /// The first row from `row` on, and when it was made.
    fileprivate func first(from row: Int64) -> SQL {
        switch self {
        case .session: "SELECT id, created_at FROM session WHERE id >= \(row) ORDER BY id LIMIT 1"
        case .user: "SELECT id, created_at FROM user WHERE id >= \(row) ORDER BY id LIMIT 1"
        case .denyRule: "SELECT id, created_at FROM deny_rule WHERE id >= \(row) ORDER BY id LIMIT 1"
        case .auditEvent: "SELECT seq, at FROM audit_event WHERE seq >= \(row) ORDER BY seq LIMIT 1"
        }
    }

    fileprivate var last: SQL {
        switch self {
        case .session: "SELECT max(id) FROM session"
        case .user: "SELECT max(id) FROM user"
        case .denyRule: "SELECT max(id) FROM deny_rule"
        case .auditEvent: "SELECT max(seq) FROM audit_event"
        }
    }
}

extension StoreReading {
    /// The lowest number that a row made at `instant` or later has: a binary search over the primary key, so times of
    /// creation need no index of their own. Some two dozen look-ups, whatever the size.
    func firstRow(of table: NumberedTable, createdAtOrAfter instant: Instant) throws -> Int64 {
        var low: Int64 = 0
        var high = try (sql.row(table.last)?.get(0, as: Int64?.self) ?? 0) + 1
        while low < high {
            let middle = low + (high - low) / 2
            guard let row = try sql.row(table.first(from: middle)), try row.get(1, as: Instant.self) < instant else {
                high = middle
                continue
            }
            low = try row.get(0, as: Int64.self) + 1
        }
        return low
    }

    /// The rows made from `since` until before `until`, as numbers; nil where neither is given.
    func rows(of table: NumberedTable, since: Instant?, until: Instant?) throws -> (low: Int64, high: Int64)? {
        guard since != nil || until != nil else { return nil }
        let low = try since.map { try firstRow(of: table, createdAtOrAfter: $0) } ?? 0
        let end = try until.map { try firstRow(of: table, createdAtOrAfter: $0) } ?? .max
        return (low, end - 1)
    }
}
