internal import TokenJOSE
internal import TokenStorage

extension StoreReader {
    /// What a `Verifier` has to know now. Of the rules only those that came since `before`, where nothing was taken away.
    func knowledge(since before: HeldKnowledge?, clock: Clock) throws -> HeldKnowledge {
        let head = try sql.value("SELECT max(seq) FROM audit_event") ?? Int64(0)
        if let before = before?.facts, before.isContinued(by: facts) {
            var known = before.auditHead == head ? before : try settings(head: head, clock, keeping: before.rules)
            known.lastWriteAt = facts.lastWriteAt
            if before.lastWriteAt != facts.lastWriteAt {
                try forEachRule(changedAfter: before.lastWriteAt) { known.rules.add($0, $1, cutOff: $2, until: $3) }
                try known.rules.settleRecent(after: (now - policies.clockSkew).seconds)
            }
            return HeldKnowledge(known)
        }
        var rules = HeldRules(for: try sql.value("SELECT count(*) FROM deny_rule") ?? 0)
        try forEachRule(changedAfter: Instant(milliseconds: .min)) { rules.settle($0, $1, cutOff: $2, until: $3) }
        return HeldKnowledge(try settings(head: head, clock, keeping: rules))
    }

    /// All but the rules: a few rows, whatever the number of sessions.
    private func settings(head: Int64, _ clock: Clock, keeping rules: HeldRules) throws -> HeldKnowledge.Facts {
        let keys = try allKeys().map { KnownKey($0, verifier: held(by: $0)) }
        var clientFloors: [String: Instant] = [:]
        try sql.forEach("SELECT client_id, floor_at FROM client WHERE floor_at > 0") { row in
            clientFloors[try row.get(0)] = try row.get(1, as: Instant.self)
            return true
        }
        return HeldKnowledge.Facts(
            clock: clock, storeID: facts.storeID, epoch: facts.epoch, lastWriteAt: facts.lastWriteAt,
            rulesLiftedAt: facts.rulesLiftedAt, auditHead: head, clockSkew: try policies.clockSkew,
            issuer: try policies.issuer, audience: try policies.audience,
            keys: Dictionary(
                keys.map { ($0.key.kid, $0) }, uniquingKeysWith: { first, _ in first }),
            unnamed: try knownKeyWithoutKid().flatMap { unnamed in keys.first { $0.key.row == unnamed.key.row } },
            floor: facts.floor > .epoch ? facts.floor : nil, clientFloors: clientFloors,
            rules: rules)
    }

    /// None for a key that verifies nothing, and where its secret does not open: then the verdict on its tokens is
    /// `unavailable`, and that on all others stays possible.
    private func held(by key: SigningKey) -> JWSVerifier? {
        guard key.removedAt == nil, key.revokedAt == nil else { return nil }
        return try? verifier(for: KnownKey(key))
    }

    private func forEachRule(
        changedAfter: Instant, _ body: (DenyScope, String, _ cutOff: Int64, _ until: Int64) -> Void
    ) throws {
        try sql.forEach(
            """
            SELECT scope, value, issued_before, matches_until FROM deny_rule WHERE changed_at > \(changedAfter)
            """
        ) { row in
            guard let scope = DenyScope(rawValue: try row.get(0)) else {
                throw Failure(.untrusted, "a denylist rule has a scope that this program does not know")
            }
            body(
                scope, try row.get(1), try row.get(2, as: Instant?.self)?.seconds ?? .max,
                try row.get(3, as: Instant?.self)?.seconds ?? .max)
            return true
        }
    }
}

extension HeldKnowledge.Facts {
    /// Whether the store is the one that this knowledge is of, and has only gone on since: neither restored nor with rules lifted.
    fileprivate func isContinued(by facts: StoreFacts) -> Bool {
        storeID == facts.storeID && epoch == facts.epoch && rulesLiftedAt == facts.rulesLiftedAt
            && lastWriteAt <= facts.lastWriteAt
    }
}
