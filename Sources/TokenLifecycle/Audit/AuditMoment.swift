internal import TokenStorage

extension StoreReading {
    /// The event of the act at an instant, where there is one.
    ///
    /// Store time gives every act an instant of its own, and sequence and time rise together, so halving finds it in a
    /// record of millions without an index.
    func auditEvent(at instant: Instant) throws -> AuditEvent? {
        guard let ends = try sql.row("SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) FROM audit_event") else {
            return nil
        }
        var low = try ends.get(0, as: Int64.self)
        var high = try ends.get(1, as: Int64.self)
        while low <= high {
            let middle = low + (high - low) / 2
            let select: SQL = "SELECT " + AuditEvent.columns + " FROM audit_event"
            guard let row = try sql.row(select + " WHERE seq >= \(middle) ORDER BY seq LIMIT 1") else { return nil }
            let event = try AuditEvent(row)
            if event.at == instant { return event }
            if event.at < instant { low = event.seq + 1 } else { high = middle - 1 }
        }
        return nil
    }
}
