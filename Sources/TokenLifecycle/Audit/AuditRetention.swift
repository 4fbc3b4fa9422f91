internal import TokenJOSE
internal import TokenStorage

/// What the audit events that retention removed came to: what the chain that is left builds on. Only the store's identity can
/// sign it, so nobody with the database alone can shorten the record.
struct AuditAnchor {
    /// Of the last event removed.
    let seq: Int64
    let hash: [UInt8]
    let signed: String

    /// Whether this store's identity signed just this.
    func isGenuine(_ store: some StoreReading) throws -> Bool {
        let identity = try store.identity()
        guard
            let said = try? SignedStatement(Array(signed.utf8), as: .auditAnchor, trusting: identity.thumbprint),
            said.store == store.facts.storeID, said.epoch <= store.facts.epoch
        else { return false }
        return said.payload["size"]?.integerValue == seq
            && said.payload["head"]?.stringValue == Base64URL.encode(hash)
    }
}

extension StoreReading {
    func auditAnchor() throws -> AuditAnchor? {
        try sql.row("SELECT seq, hash, signed FROM audit_anchor WHERE id = 1").map {
            // What is no text, nobody signed.
            AuditAnchor(seq: try $0.get(0), hash: (try? $0.get(1)) ?? [], signed: (try? $0.get(2)) ?? "")
        }
    }

    /// The last event that the policy lets go; nil where it keeps all of them or none is old enough. The newest always stays.
    func auditEventsDue() throws -> Int64? {
        guard let retention = try policies.retentionAudit,
            let ends = try sql.row("SELECT (SELECT min(seq) FROM audit_event), (SELECT max(seq) FROM audit_event)"),
            let first = try ends.get(0, as: Int64?.self), let last = try ends.get(1, as: Int64?.self)
        else { return nil }
        let until = min(try firstRow(of: .auditEvent, createdAtOrAfter: now - retention), last) - 1
        return until >= first ? until : nil
    }
}

extension StoreWriter {
    /// Removes the oldest events up to `until`, at most `limit`, and puts the anchor in their place.
    func removeAuditEvents(through until: Int64, _ limit: Int) throws -> Int {
        guard let first: Int64 = try sql.value("SELECT seq FROM audit_event ORDER BY seq LIMIT 1") else { return 0 }
        let last = min(until, first + Int64(limit) - 1)
        guard last >= first else { return 0 }
        guard let hash: [UInt8] = try sql.value("SELECT hash FROM audit_event WHERE seq = \(last)") else {
            throw Failure(.untrusted, "audit event \(last) is missing", hint: "'tokenctl audit verify' says more")
        }
        let signed = try sign(
            [.init("size", .integer(last)), .init("head", .string(Base64URL.encode(hash)))], as: .auditAnchor)
        try execute(
            """
            INSERT INTO audit_anchor (id, seq, hash, signed) VALUES (1, \(last), \(hash), \(signed))
            ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, signed = excluded.signed
            """)
        return try execute("DELETE FROM audit_event WHERE seq <= \(last)")
    }
}
