internal import TokenCrypto
internal import TokenStorage

/// Where a key stands, derived from what happened and the time.
package enum KeyState: String, CaseIterable, Sendable {
    case standby, active, retiring, removed, revoked

    package var verifies: Bool { self == .standby || self == .active || self == .retiring }
}

/// Who signs when: pure, from the schedule's rows and the keys' facts.
///
/// The signer is the last row not voided whose time has come and whose key has been published for
/// `jwks.max_age + clock.skew`. Until then its predecessor signs on, so there are never two and never a gap.
package struct SigningSchedule: Sendable {
    struct Entry: Sendable {
        var id: Int64
        var key: Int64
        var from: Instant
        var atOnce: Bool
        var voidedAt: Instant?
    }

    package let keys: [SigningKey]
    let entries: [Entry]
    /// How long a key must have been published before verifiers are sure to know it.
    let lead: Duration

    /// The id of the newest row: two decisions made on the same head were made on the same schedule.
    var head: Int64 { entries.last?.id ?? 0 }

    /// When an entry's key takes over, or nil while nobody can say (it was never published).
    fileprivate func takeover(_ entry: Entry, _ key: SigningKey) -> Instant? {
        if entry.atOnce || key.algorithm.isSymmetric { return entry.from }
        return key.publishedAt.map { max(entry.from, $0 + lead) }
    }

    /// The key of each row that counts, with the time it took or takes over, in the order of the schedule.
    private var turns: [(key: SigningKey, at: Instant?)] {
        entries.compactMap { entry in
            guard entry.voidedAt == nil, let key = keys.first(where: { $0.row == entry.key }), key.revokedAt == nil,
                key.removedAt == nil
            else { return nil }
            return (key, takeover(entry, key))
        }
    }

    /// Who signs at `now`, and since when.
    package func signer(at now: Instant) -> (key: SigningKey, since: Instant)? {
        guard let turn = turns.last(where: { $0.at.map { $0 <= now } ?? false }), let since = turn.at else {
            return nil
        }
        return (turn.key, since)
    }

    /// The promotion that waits: a key scheduled after the signer whose time has not come.
    package func pending(at now: Instant) -> (key: SigningKey, takesOver: Instant?)? {
        let all = turns
        let current = all.lastIndex { $0.at.map { $0 <= now } ?? false }
        guard let last = all.indices.last, last != current else { return nil }
        return (all[last].key, all[last].at)
    }

    /// When the key that signs after `key` took over, where one has.
    func successorTookOver(_ key: SigningKey, at now: Instant) -> Instant? {
        let past = turns.filter { $0.at.map { $0 <= now } ?? false }
        guard let last = past.lastIndex(where: { $0.key.row == key.row }), last + 1 < past.count else { return nil }
        return past[last + 1].at
    }

    package func state(of key: SigningKey, at now: Instant) -> KeyState {
        if key.revokedAt != nil { return .revoked }
        if key.removedAt != nil { return .removed }
        if signer(at: now)?.key.row == key.row { return .active }
        if !key.hasPrivateHalf || key.accepted != nil { return .retiring }
        return successorTookOver(key, at: now) == nil ? .standby : .retiring
    }

    /// The keys that could be promoted, the one that verifiers have known longest first.
    package func standbys(at now: Instant) -> [SigningKey] {
        let waiting = pending(at: now)?.key.row
        return keys.filter { state(of: $0, at: now) == .standby && $0.row != waiting }
            .sorted { ($0.publishedAt ?? .latest, $0.row) < ($1.publishedAt ?? .latest, $1.row) }
    }
}

extension StoreReading {
    package func key(kid: String) throws -> SigningKey? {
        try sql.row("SELECT " + SigningKey.columns + " FROM signing_key k WHERE k.kid = \(kid)").map(SigningKey.init)
    }

    /// The key of a kid, or of a unique beginning of at least six characters.
    package func key(named text: String) throws -> SigningKey {
        if let exact = try key(kid: text) { return exact }
        let unknown = Failure(
            .notFound, "no key \(text)", hint: "'tokenctl key list --state all' shows them", target: text)
        guard text.count >= 6 else { throw unknown }
        let matches = try allKeys().filter { $0.kid.hasPrefix(text) }
        guard let match = matches.first else { throw unknown }
        guard matches.count == 1 else {
            throw Failure(
                .notFound, "\(matches.count) keys begin with \(text)", hint: "give more of the kid", target: text)
        }
        return match
    }

    package func allKeys() throws -> [SigningKey] {
        try sql.rows("SELECT " + SigningKey.columns + " FROM signing_key k ORDER BY k.id").map(SigningKey.init)
    }

    /// The keys that are neither removed nor revoked, and the schedule among them.
    package func signingSchedule(withGoneKeys: Bool = false) throws -> SigningSchedule {
        let gone: SQL = withGoneKeys ? "" : " WHERE k.removed_at IS NULL AND k.revoked_at IS NULL"
        let keys = try sql.rows("SELECT " + SigningKey.columns + " FROM signing_key k" + gone + " ORDER BY k.id")
            .map(SigningKey.init)
        let entries = try sql.rows(
            "SELECT id, key_id, from_at, at_once, voided_at FROM signing_schedule ORDER BY id"
        ).map { row in
            SigningSchedule.Entry(
                id: try row.get(0), key: try row.get(1), from: try row.get(2),
                atOnce: try row.get(3, as: Int64.self) != 0,
                voidedAt: try row.get(4))
        }
        return SigningSchedule(keys: keys, entries: entries, lead: policies.publicationLead)
    }

    /// The latest `exp` that any token of a key not removed can have, in the time of the store.
    func latestExpiryOfAnyToken() throws -> Instant? {
        try sql.row("SELECT max(latest_exp) FROM signing_key WHERE removed_at IS NULL AND revoked_at IS NULL")?.get(0)
    }
}

extension StoreWriter {
    /// Writes down when each key took or takes over by the policies in force, before `jwks.max_age` or `clock.skew` changes:
    /// a longer lead must not hand signing back to a predecessor, a shorter one not overtake verifiers that cached by the
    /// longer.
    func settleSchedule() throws {
        let schedule = try signingSchedule()
        for entry in schedule.entries where entry.voidedAt == nil && !entry.atOnce {
            guard let key = schedule.keys.first(where: { $0.row == entry.key }), let at = schedule.takeover(entry, key)
            else { continue }
            try execute(
                """
                UPDATE signing_schedule SET from_at = \(at), at_once = \(at <= now ? 1 : 0) WHERE id = \(entry.id)
                """)
        }
    }

    func schedule(_ key: Int64, from: Instant, atOnce: Bool) throws {
        try execute(
            """
            INSERT INTO signing_schedule (key_id, from_at, at_once, created_at)
            VALUES (\(key), \(from), \(atOnce ? 1 : 0), \(now))
            """)
    }
}
