internal import TokenCrypto
internal import TokenStorage

/// What happens to keys whose turn is over: private halves destroyed, then the key removed. Computed, never a fixed age.
extension SigningSchedule {
    /// Until when a replaced key can be brought back; nil where it never can.
    func canReturnUntil(_ key: SigningKey, at now: Instant, rollback: Duration) -> Instant? {
        guard maySign(key), let takenOver = successorTookOver(key, at: now) else { return nil }
        return takenOver + rollback
    }

    /// Whether `key.rollback` no longer needs the private half. Of a shared secret there is no other half: it stays as long as
    /// it verifies.
    func isPrivateHalfDue(_ key: SigningKey, at now: Instant, rollback: Duration) -> Bool {
        guard key.hasPrivateHalf, key.isOurs, !key.algorithm.isSymmetric, state(of: key, at: now) == .retiring else {
            return false
        }
        return canReturnUntil(key, at: now, rollback: rollback).map { $0 <= now } ?? true
    }

    /// From when a retiring key may leave the key set: no token of its can verify, and it cannot be brought back.
    ///
    /// `clock.skew` is for verifiers whose clocks are behind. Not before the instant, but at it it is still needed.
    func removableAfter(_ key: SigningKey, at now: Instant, rollback: Duration, skew: Duration) -> Instant {
        let expired = key.latestExpiry.map { $0 + skew } ?? .earliest
        return max(expired, canReturnUntil(key, at: now, rollback: rollback) ?? .earliest)
    }
}

extension StoreReading {
    func privateHalvesDue() throws -> [SigningKey] {
        // What cannot be taken back waits for a policy that can be read; no write is refused for it.
        guard let rollback = try? policies.keyRollback else { return [] }
        let schedule = try signingSchedule()
        return schedule.keys.filter { schedule.isPrivateHalfDue($0, at: now, rollback: rollback) }
    }

    /// Keys with a private half that is gone by their own row, or that are out of use: no act leaves one, so somebody put it
    /// there past the program.
    func keysWithLeftHalf() throws -> [SigningKey] {
        try sql.rows(
            "SELECT " + SigningKey.columns + """
                 FROM signing_key k WHERE k.sealed IS NOT NULL
                  AND coalesce(k.removed_at, k.revoked_at, k.overwritten_at, k.destroyed_at) IS NOT NULL ORDER BY k.id
                """
        ).map(SigningKey.init)
    }

    /// What a cleanup destroys: what is due, and what is left of those. Not of the key that signs, of which nobody can tell
    /// whether its half is false or its row: `key rotate --fresh` replaces it, and destroys it then.
    func privateHalvesToDestroy() throws -> [SigningKey] {
        let due = try privateHalvesDue()
        let signer = try signingSchedule().signer(at: now)?.key.row
        let left = try keysWithLeftHalf().filter { key in key.row != signer && !due.contains { $0.row == key.row } }
        return due + left
    }

    func retiredKeysDue() throws -> [SigningKey] {
        let schedule = try signingSchedule()
        return try schedule.keys.filter {
            try schedule.state(of: $0, at: now) == .retiring && removableAfter($0, schedule) < now
        }
    }

    /// Keys whose private half is overwritten while a copy may still lie in the write-ahead log.
    package func keysNotDestroyedYet() throws -> [String] {
        try sql.rows(
            "SELECT kid FROM signing_key WHERE overwritten_at IS NOT NULL AND destroyed_at IS NULL ORDER BY id"
        )
        .map { try $0.get(0) }
    }

    package func removableAfter(_ key: SigningKey, _ schedule: SigningSchedule) throws -> Instant {
        try schedule.removableAfter(key, at: now, rollback: policies.keyRollback, skew: policies.clockSkew)
    }
}

extension StoreWriter {
    /// Destroys the private halves that nothing needs any more. Every write does so before it commits.
    ///
    /// The store has `secure_delete`, so the freed bytes are overwritten, and after the commit the log is folded back (see
    /// `Store.foldTraces`); older backups still hold the sealed copy.
    func destroyPrivateHalves() throws {
        for key in try privateHalvesDue() { try destroyPrivateHalf(key) }
    }

    func destroyPrivateHalf(_ key: SigningKey) throws {
        guard key.hasPrivateHalf else { return }
        try execute(
            "UPDATE signing_key SET sealed = NULL, overwritten_at = \(now), destroyed_at = NULL WHERE id = \(key.row)")
        leavesTraces()
    }

    /// Takes retiring keys out of the key set once no token of theirs can verify; returns their kids.
    func removeRetiredKeys() throws -> [String] {
        let due = try retiredKeysDue()
        for key in due { try remove(key) }
        return due.map(\.kid)
    }

    /// The row stays, without its secret: a kid is never used twice.
    func remove(_ key: SigningKey) throws {
        try destroyPrivateHalf(key)
        try execute("UPDATE signing_key SET removed_at = \(now), without_kid = 0 WHERE id = \(key.row)")
        try execute("DELETE FROM issued WHERE key_id = \(key.row)")
    }

    /// Takes from every key but those just made the right to sign, as when the master key leaked: asymmetric halves are
    /// destroyed at once, and a key without a token that could verify leaves the key set.
    func retireDistrusted() throws {
        for key in try signingSchedule().keys where key.isOurs && key.createdAt < now {
            if !key.algorithm.isSymmetric { try destroyPrivateHalf(key) }
            if try key.latestExpiry.map({ try $0 + policies.clockSkew < now }) ?? true { try remove(key) }
        }
    }
}
