internal import TokenStorage

/// Whether the record is as it was written: taken event by event, so that it needs the memory of one.
package struct AuditVerification: Sendable {
    /// Sequence of the last event that follows: how many there have been, with those that retention removed.
    package private(set) var events: Int64
    /// Those that retention removed, before the first that is left: what they came to is signed.
    package let removed: Int64
    /// Hash of the last event: what a checkpoint outside the store pins.
    package private(set) var head: [UInt8]
    /// The epoch that the last event is of; nil where the chain was taken up in its middle.
    private(set) var epoch: Int64?
    /// The first event that does not follow from the one before, and what is wrong.
    package internal(set) var broken: (seq: Int64, what: String)?
    private var latest: Instant

    /// From the first event of a store on.
    init(of storeID: String) {
        self.init(after: 0, head: AuditEvent.origin(storeID: storeID))
        epoch = 1
    }

    /// From the first event that retention left on.
    init(_ anchor: AuditAnchor) {
        self.init(after: anchor.seq, head: anchor.hash, removed: anchor.seq)
    }

    /// Taken up after event `seq`, which ended in `head`.
    init(after seq: Int64, head: [UInt8], at: Instant = Instant(milliseconds: .min), removed: Int64 = 0) {
        events = seq
        self.head = head
        self.removed = removed
        latest = at
    }

    /// Takes the next row; false where it does not follow, and nothing after it matters.
    mutating func take(_ row: Row) -> Bool {
        guard let event = try? AuditEvent(row) else {
            // Its own number, where that reads: as for an event whose hash does not follow.
            broken = ((try? row.get(0)) ?? events + 1, "it does not read")
            return false
        }
        if let fault = fault(of: event) {
            broken = (event.seq, fault)
            return false
        }
        events = event.seq
        head = event.hash
        latest = event.at
        epoch = event.beginsEpoch ?? epoch
        return true
    }

    private func fault(of event: AuditEvent) -> String? {
        if event.seq != events + 1 { return "event \(events + 1) is missing" }
        if event.chained(to: head) != event.hash {
            return "its hash does not follow from its content and the event before"
        }
        if event.at < latest { return "it is earlier than the event before" }
        if let begun = event.beginsEpoch, let epoch, begun != epoch + 1 {
            return "it begins epoch \(begun) after \(epoch)"
        }
        return nil
    }

    /// At the end of the record: it must not be empty, the event that the newest rule names must be in it, and the store must
    /// be in the epoch that its events came to.
    mutating func end(in current: Int64, ruleOf named: Int64?) {
        guard broken == nil else { return }
        // A store begins with an event, and retention leaves the newest.
        if events == removed {
            broken = (events + 1, "event \(events + 1) is missing: the record was cut")
        } else if let named, named > events {
            broken = (events + 1, "event \(events + 1) is missing: the record was cut, and a rule names event \(named)")
        } else if let epoch, epoch != current {
            broken = (events, "the store says it is in epoch \(current), its events come to \(epoch)")
        }
    }
}

extension StoreReading {
    /// The newest event, where there is one.
    package func auditHead() throws -> AuditEvent? {
        try sql.row("SELECT " + AuditEvent.columns + " FROM audit_event ORDER BY seq DESC LIMIT 1").map(AuditEvent.init)
    }

    /// What the first event that is left builds on, and how many retention removed before it.
    package func auditBeginning() throws -> AuditVerification {
        guard let anchor = try auditAnchor() else { return AuditVerification(of: facts.storeID) }
        var verification = AuditVerification(anchor)
        if try !anchor.isGenuine(self) {
            verification.broken = (anchor.seq, "what the events up to it came to is not signed by this store")
        }
        return verification
    }

    /// Recomputes the whole chain. It proves edits, deletions and insertions between its ends; that its own tail was cut
    /// off, or all of it rewritten, only a checkpoint kept elsewhere can show.
    package func verifyAudit(against checkpoint: AuditCheckpoint? = nil) throws -> AuditVerification {
        var verification = try auditBeginning()
        guard verification.broken == nil else { return verification }
        var comparison = checkpoint.map { AuditCheckpoint.Comparison($0, storeID: facts.storeID) }
        comparison?.see(verification)
        try sql.forEach("SELECT " + AuditEvent.columns + " FROM audit_event ORDER BY seq") { row in
            guard verification.take(row) else { return false }
            comparison?.see(verification)
            return true
        }
        verification.end(in: facts.epoch, ruleOf: try newestRulesEvent())
        if verification.broken == nil { verification.broken = comparison?.objection(atEnd: verification) }
        return verification
    }

    /// The event that the rule written last came with: as far as the record must reach.
    private func newestRulesEvent() throws -> Int64? {
        try sql.row("SELECT audit_seq FROM deny_rule ORDER BY changed_at DESC LIMIT 1")?.get(0)
    }

    /// Recomputes the newest events only, on top of the one before them: no proof, and quick.
    func verifyAudit(newest count: Int64) throws -> AuditVerification {
        let last: Int64 = try sql.value("SELECT coalesce(max(seq), 0) FROM audit_event") ?? 0
        // Before the first that is left there is nothing to build on but what retention signed.
        guard try last - count > auditAnchor()?.seq ?? 0 else { return try verifyAudit() }
        let select: SQL = "SELECT " + AuditEvent.columns + " FROM audit_event WHERE seq "
        let first = try sql.row(select + "= \(last - count)")
        guard let start = first.flatMap({ try? AuditEvent($0) }) else {
            var verification = AuditVerification(after: last - count - 1, head: [], at: .epoch)
            let what = first == nil ? "event \(last - count) is missing" : "it does not read"
            verification.broken = (last - count, what)
            return verification
        }
        var verification = AuditVerification(after: start.seq, head: start.hash, at: start.at)
        try sql.forEach(select + "> \(start.seq) ORDER BY seq") { verification.take($0) }
        return verification
    }
}
