internal import TokenStorage

/// What happens to keys whose turn is over: private halves destroyed, then the key removed. Computed, never a fixed age.
extension StoreWriter {
    /// Destroys the private halves that `key.rollback` no longer needs; returns their kids.
    ///
    /// The store has `secure_delete`, so the freed bytes are overwritten; older backups still hold the sealed copy.
    @discardableResult
    func destroyPrivateHalves() throws -> [String] {
        let due = try privateHalvesDue()
        for key in due {
            try execute(
                "UPDATE signing_key SET sealed = NULL, destroyed_at = \(now) WHERE id = \(key.row) AND sealed IS NOT NULL"
            )
        }
        return due.map(\.kid)
    }

    /// Takes retiring keys out of the key set once no token of theirs can verify; returns their kids.
    func removeRetiredKeys() throws -> [String] {
        let due = try retiredKeysDue()
        for key in due {
            try execute(
                """
                UPDATE signing_key SET removed_at = \(now), sealed = NULL, destroyed_at = coalesce(destroyed_at, \(now))
                WHERE id = \(key.row)
                """)
            try execute("DELETE FROM issued WHERE key_id = \(key.row)")
        }
        return due.map(\.kid)
    }
}

extension StoreReading {
    func privateHalvesDue() throws -> [SigningKey] {
        let schedule = try signingSchedule()
        return schedule.keys.filter { key in
            guard key.hasPrivateHalf, key.accepted == nil, schedule.state(of: key, at: now) == .retiring,
                let takenOver = schedule.successorTookOver(key, at: now)
            else { return false }
            return takenOver + policies.keyRollback <= now
        }
    }

    func retiredKeysDue() throws -> [SigningKey] {
        let schedule = try signingSchedule()
        return schedule.keys.filter { key in
            guard schedule.state(of: key, at: now) == .retiring else { return false }
            // While it can be brought back it stays in the key set.
            if key.accepted == nil, key.hasPrivateHalf, let takenOver = schedule.successorTookOver(key, at: now),
                takenOver + policies.keyRollback > now
            {
                return false
            }
            return key.latestExpiry.map { $0 + policies.clockSkew < now } ?? true
        }
    }

    /// At most how many unexpired tokens a key has signed: counted by hour of expiry, the current hour whole.
    package func unexpiredTokens(of key: SigningKey) throws -> Int64 {
        try sql.row(
            """
            SELECT coalesce(sum(tokens), 0) FROM issued WHERE key_id = \(key.row) AND hour >= \(now.milliseconds / 3_600_000)
            """)?.get(0) ?? 0
    }
}
