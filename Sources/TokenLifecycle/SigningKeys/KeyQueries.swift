internal import TokenStorage

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

    /// At most how many unexpired tokens a key has signed: counted by hour of expiry, the current hour whole.
    package func unexpiredTokens(of key: SigningKey) throws -> Int64 {
        guard let latest = key.latestExpiry, latest > now else { return 0 }
        return try sql.row(
            """
            SELECT coalesce(sum(tokens), 0) FROM issued WHERE key_id = \(key.row) AND hour >= \(now.milliseconds / 3_600_000)
            """)?.get(0) ?? 0
    }

    /// The latest `exp` that any token of a key not removed can have, in the time of the store.
    func latestExpiryOfAnyToken() throws -> Instant? {
        try sql.row("SELECT max(latest_exp) FROM signing_key WHERE removed_at IS NULL AND revoked_at IS NULL")?.get(0)
    }
}
