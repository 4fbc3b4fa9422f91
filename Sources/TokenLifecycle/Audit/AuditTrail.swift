internal import TokenStorage

/// Whether the record is as it was written.
package struct AuditVerification: Sendable {
    /// How many there have been, with those that retention removed.
    package var events: Int64
    /// Those that retention removed, before the first that is left: what they came to is signed.
    package var removed: Int64 = 0
    /// Hash of the last event: what a checkpoint outside the store would pin.
    package var head: [UInt8]
    /// The first event that does not follow from the one before, and what is wrong.
    package var broken: (seq: Int64, what: String)?
}

extension StoreReading {
    /// The newest event, where there is one.
    package func auditHead() throws -> AuditEvent? {
        try sql.row("SELECT " + AuditEvent.columns + " FROM audit_event ORDER BY seq DESC LIMIT 1").map(AuditEvent.init)
    }

    /// Recomputes the whole chain. It proves edits, deletions and insertions between its ends; that its own tail was cut
    /// off, or all of it rewritten, only a checkpoint kept elsewhere can show.
    package func verifyAudit() throws -> AuditVerification {
        var result = AuditVerification(
            events: 0, head: AuditEvent.origin(storeID: facts.storeID, epoch: facts.epoch), broken: nil)
        var latest = Instant(milliseconds: .min)
        if let anchor = try auditAnchor() {
            guard try anchor.isGenuine(self) else {
                result.broken = (anchor.seq, "what the events up to it came to is not signed by this store")
                return result
            }
            (result.events, result.removed, result.head) = (anchor.seq, anchor.seq, anchor.hash)
        }
        let select: SQL = "SELECT " + AuditEvent.columns + " FROM audit_event ORDER BY seq"
        try sql.forEach(select) { row in
            let event: AuditEvent
            do {
                event = try AuditEvent(row)
            } catch {
                result.broken = (result.events + 1, "it does not read")
                return false
            }
            let fault: String? =
                if event.seq != result.events + 1 {
                    "event \(result.events + 1) is missing"
                } else if event.chained(to: result.head) != event.hash {
                    "its hash does not follow from its content and the event before"
                } else if event.at < latest {
                    "it is earlier than the event before"
                } else {
                    nil
                }
            if let fault {
                result.broken = (event.seq, fault)
                return false
            }
            result.events = event.seq
            result.head = event.hash
            latest = event.at
            return true
        }
        return result
    }
}
