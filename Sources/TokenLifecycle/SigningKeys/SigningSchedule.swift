internal import TokenCrypto
internal import TokenStorage

/// Where a key stands, derived from what happened and the time.
package enum KeyState: String, CaseIterable, Sendable {
    case standby, active, retiring, removed, revoked

    package var verifies: Bool { self == .standby || self == .active || self == .retiring }
}

/// Who signs when: pure, from the schedule's rows and the keys' facts.
///
/// The signer is the last row not voided whose time has come and whose key every verifier knows. Until then its
/// predecessor signs on, so there are never two and never a gap. Asked about an instant that has passed, it says who
/// signed then.
package struct SigningSchedule: Sendable {
    struct Entry: Sendable {
        var id: Int64
        var key: Int64
        var from: Instant
        /// Signs without waiting until every verifier knows it.
        var atOnce: Bool
        var voidedAt: Instant?
    }

    /// An entry that counts, with its key and when that took or takes over; nil while nobody can say, because the key was
    /// never published.
    struct Turn {
        var entry: Entry
        var key: SigningKey
        var takesOver: Instant?

        func hasBegun(at now: Instant) -> Bool { takesOver.map { $0 <= now } ?? false }
    }

    package let keys: [SigningKey]
    let entries: [Entry]
    /// Keys made before may not sign any more; they verify until their tokens have expired.
    let distrustedBefore: Instant?

    /// The id of the newest row: two decisions made on the same head were made on the same schedule.
    var head: Int64 { entries.last?.id ?? 0 }

    private func turn(_ entry: Entry) -> Turn? {
        guard let key = keys.first(where: { $0.row == entry.key }) else { return nil }
        if entry.atOnce || key.algorithm.isSymmetric { return Turn(entry: entry, key: key, takesOver: entry.from) }
        return Turn(entry: entry, key: key, takesOver: key.knownAt.map { max(entry.from, $0) })
    }

    /// The entries that count at `now`, in the order of the schedule.
    func turns(at now: Instant) -> [Turn] {
        entries.compactMap { entry in
            guard entry.voidedAt.map({ $0 > now }) ?? true, let turn = turn(entry),
                turn.key.revokedAt.map({ $0 > now }) ?? true, turn.key.removedAt.map({ $0 > now }) ?? true
            else { return nil }
            return turn
        }
    }

    /// Who signs at `now`, and since when without a break: a key that was brought back signs since then.
    package func signer(at now: Instant) -> (key: SigningKey, since: Instant)? {
        guard let turn = turns(at: now).last(where: { $0.hasBegun(at: now) }), let began = turn.takesOver else {
            return nil
        }
        let givenBack = entries.filter { $0.id > turn.entry.id }.compactMap { entry -> Instant? in
            guard let voided = entry.voidedAt, voided <= now, let began = self.turn(entry)?.takesOver, began < voided
            else { return nil }
            return voided
        }
        return (turn.key, givenBack.reduce(began, max))
    }

    /// The promotion that waits: a key scheduled after the signer whose time has not come.
    package func pending(at now: Instant) -> (key: SigningKey, takesOver: Instant?)? {
        turns(at: now).last.flatMap { $0.hasBegun(at: now) ? nil : ($0.key, $0.takesOver) }
    }

    /// When the key that signs after `key` took over, where one has.
    func successorTookOver(_ key: SigningKey, at now: Instant) -> Instant? {
        let past = turns(at: now).filter { $0.hasBegun(at: now) }
        guard let last = past.lastIndex(where: { $0.key.row == key.row }), last + 1 < past.count else { return nil }
        return past[last + 1].takesOver
    }

    /// Whether a key may be given its turn: it has its private half, is our own, and is not distrusted.
    func maySign(_ key: SigningKey) -> Bool {
        key.hasPrivateHalf && key.isOurs && !isDistrusted(key)
    }

    func isDistrusted(_ key: SigningKey) -> Bool {
        distrustedBefore.map { key.createdAt < $0 } ?? false
    }

    package func state(of key: SigningKey, at now: Instant) -> KeyState {
        if key.revokedAt != nil { return .revoked }
        if key.removedAt != nil { return .removed }
        if signer(at: now)?.key.row == key.row { return .active }
        return maySign(key) && successorTookOver(key, at: now) == nil ? .standby : .retiring
    }

    /// The keys that could be promoted, the one that verifiers have known longest first.
    package func standbys(at now: Instant) -> [SigningKey] {
        let waiting = pending(at: now)?.key.row
        return successors(at: now).filter { $0.row != waiting }
    }

    /// The keys that could sign at once: the standbys, and the one whose promotion waits.
    func successors(at now: Instant) -> [SigningKey] {
        keys.filter { state(of: $0, at: now) == .standby }
            .sorted { ($0.knownAt ?? .latest, $0.row) < ($1.knownAt ?? .latest, $1.row) }
    }
}

extension StoreReading {
    /// The keys that are neither removed nor revoked, and the schedule among them. Costs what these keys cost, however
    /// many there were before; `withGoneKeys` loads them all.
    package func signingSchedule(withGoneKeys: Bool = false) throws -> SigningSchedule {
        let gone: SQL = withGoneKeys ? "" : " WHERE k.removed_at IS NULL AND k.revoked_at IS NULL"
        let keys = try sql.rows("SELECT " + SigningKey.columns + " FROM signing_key k" + gone + " ORDER BY k.id")
            .map(SigningKey.init)
        let entries = try sql.rows(
            """
            SELECT turn.id, turn.key_id, turn.from_at, turn.at_once, turn.voided_at
            FROM signing_key k JOIN signing_schedule turn ON turn.key_id = k.id
            """ + gone
        ).map { row in
            SigningSchedule.Entry(
                id: try row.get(0), key: try row.get(1), from: try row.get(2),
                atOnce: try row.get(3, as: Int64.self) != 0, voidedAt: try row.get(4))
        }
        return SigningSchedule(
            keys: keys, entries: entries.sorted { $0.id < $1.id },
            distrustedBefore: try sql.row("SELECT max(created_at) FROM signing_schedule WHERE distrusts = 1")?.get(0))
    }

    /// When no verifier can hold a key set of before `published` any more: `jwks.max_age + clock.skew` after it, or what is
    /// left of an earlier, longer one.
    func known(publishedAt published: Instant) -> Instant {
        max(published + policies.cautiousPublicationLead, facts.keySetsHeldUntil)
    }
}

extension StoreWriter {
    /// Before `jwks.max_age` or `clock.skew` changes: what verifiers fetched until now they may hold by the old values. Where
    /// nothing was ever published they fetched nothing.
    func rememberHeldKeySets() throws {
        guard try sql.row("SELECT 1 FROM publication LIMIT 1") != nil else { return }
        let until = max(facts.keySetsHeldUntil, now + policies.cautiousPublicationLead)
        try execute("UPDATE store SET key_sets_until = \(until) WHERE id = 1")
    }

    /// Gives a key its turn from `now` on, or once every verifier knows it. Promotions that wait yield to one at once.
    func schedule(_ key: Int64, atOnce: Bool, distrusting: Bool = false) throws {
        if atOnce {
            for entry in try signingSchedule().turns(at: now) where !entry.hasBegun(at: now) { try void(entry) }
        }
        try execute(
            """
            INSERT INTO signing_schedule (key_id, from_at, at_once, distrusts, created_at)
            VALUES (\(key), \(now), \(atOnce ? 1 : 0), \(distrusting ? 1 : 0), \(now))
            """)
    }

    func void(_ turn: SigningSchedule.Turn) throws {
        try execute("UPDATE signing_schedule SET voided_at = \(now) WHERE id = \(turn.entry.id)")
    }
}
