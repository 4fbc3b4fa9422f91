internal import TokenStorage

/// The present store against a backup attached beside it.
extension StoreReading {
    /// Why the present did not come out of what the backup holds; nil where it did. Only then do rows of the same number mean
    /// the same thing, and only then is all that the backup knows to have ended known here as well.
    func objection(to backup: Backup) throws -> String? {
        guard facts.lastWriteAt >= backup.asOf, facts.epoch >= backup.epoch else {
            return "it is older than the backup"
        }
        let hash: [UInt8]? = try sql.value("SELECT hash FROM audit_event WHERE seq = \(backup.auditEvents)")
        let isForgotten = try auditAnchor().map { $0.seq >= backup.auditEvents } ?? false
        guard hash == backup.auditHead || (hash == nil && isForgotten) else {
            return "its audit record does not contain event \(backup.auditEvents) of the backup"
        }
        let others: [(SQL, String)] = [
            (
                """
                SELECT b.kid FROM beside.signing_key b LEFT JOIN signing_key k ON k.id = b.id
                WHERE k.kid IS NULL OR k.kid <> b.kid LIMIT 1
                """, "a key of the backup is not in it"
            ),
            (
                """
                SELECT b.subject FROM beside.user b JOIN user u ON u.id = b.id WHERE u.subject <> b.subject LIMIT 1
                """, "its users are others"
            ),
            (
                """
                SELECT b.client_id FROM beside.client b JOIN client c ON c.id = b.id
                WHERE c.client_id <> b.client_id LIMIT 1
                """, "its clients are others"
            ),
            (
                """
                SELECT b.id FROM beside.session b JOIN session s ON s.id = b.id
                WHERE s.secret_hash <> b.secret_hash LIMIT 1
                """, "its logins are others"
            ),
        ]
        return try others.first { try sql.row($0.0) != nil }?.1
    }

    /// Live logins that began after the backup. One that was only regenerated since began before.
    func loginsSince(_ backup: Backup) throws -> [(row: Int64, tokensUntil: Instant?)] {
        try sql.rows(
            """
            SELECT s.id, s.access_until FROM session s JOIN client c ON c.id = s.client_id
            WHERE s.id > (SELECT coalesce(max(seq), 0) FROM beside.sqlite_sequence WHERE name = 'session')
              AND s.login_at > \(backup.asOf) AND s.ended_at IS NULL AND s.alive_until > \(now)
              AND s.valid_from > max(c.floor_at, \(facts.floor))
            ORDER BY s.id
            """
        ).map { (try $0.get(0), try $0.get(1)) }
    }

    /// Logins alive by the backup whose rows are not here. Those that never had refresh tokens cannot have spent any.
    func lostLogins(withoutTokens: Bool) throws -> [Int64] {
        let tokenless: SQL =
            withoutTokens
            ? " AND NOT EXISTS (SELECT 1 FROM beside.refresh_family f WHERE f.session_id = b.session_id)" : ""
        return try sql.integers(
            """
            SELECT b.session_id FROM beside.session_by_end b WHERE b.ended_at = 0 AND b.alive_until > \(now)
              AND NOT EXISTS (SELECT 1 FROM session s WHERE s.id = b.session_id)
            """ + tokenless)
    }

    /// Whether no cleanup can have taken away a login that ended after the backup: then what is missing was lost.
    func removedNothing(since backup: Backup) throws -> Bool {
        if let anchor = try auditAnchor(), anchor.seq > backup.auditEvents { return false }
        let cleanups = try sql.rows(
            "SELECT " + AuditEvent.columns
                + " FROM audit_event WHERE seq > \(backup.auditEvents) AND verb = 'cleanup'"
        ).map(AuditEvent.init)
        return cleanups.allSatisfy { event in
            ["sessions", "rows"].allSatisfy { event.counts[$0] ?? 0 == 0 }
        }
    }

    /// Rules of the backup that are not here any more, or are narrower, and could still match. A key's rule stays lifted: it
    /// may sign by now, and one that was revoked is denied by being so.
    func rulesLifted() throws -> [DenyRule] {
        let skew = (try? policies.clockSkew) ?? PolicyDefinition.longestClockSkew
        let columns: SQL =
            "b.id, b.scope, b.value, b.issued_before, b.matches_until, b.created_at, b.reason, b.actor, b.audit_seq"
        return try sql.rows(
            "SELECT " + columns + """
                 FROM beside.deny_rule b LEFT JOIN deny_rule d ON d.scope = b.scope AND d.value = b.value
                WHERE b.scope <> 'key'
                  AND (b.matches_until IS NULL OR b.matches_until + \(skew.milliseconds) >= \(now))
                ORDER BY b.id
                """
        ).map(DenyRule.init).filter { rule in
            guard let known = try denyRule(rule.scope, rule.value) else { return true }
            return !known.covers(issuedBefore: rule.issuedBefore, matchesUntil: rule.matchesUntil)
        }
    }

    /// The policies that were set otherwise; nil for those that were not set. What the backup says against the range of a
    /// policy is not brought back.
    func policiesChanged() throws -> [(name: String, before: String, after: String?)] {
        let then = try Policies.load(sql, from: "beside.policy")
        return policySettings().compactMap { setting in
            let name = setting.definition.name
            let before = setting.isSet ? setting.value : nil
            let after = then.isSet(name) ? then.value(name) : nil
            return before == after || !then.isValid(name) ? nil : (name, setting.value, after)
        }
    }
}

extension StoreWriter {
    /// Users and clients whose rows were lost; a floor never sinks.
    func bringBackNames() throws {
        try execute(
            """
            INSERT INTO user (id, subject, created_at, token_issued_at, tokens_until)
            SELECT b.id, b.subject, b.created_at, b.token_issued_at, b.tokens_until FROM beside.user b
            WHERE NOT EXISTS (SELECT 1 FROM user u WHERE u.id = b.id OR u.subject = b.subject)
            """)
        try execute(
            """
            INSERT INTO client (id, client_id, created_at, floor_at)
            SELECT b.id, b.client_id, b.created_at, b.floor_at FROM beside.client b
            WHERE NOT EXISTS (SELECT 1 FROM client c WHERE c.id = b.id OR c.client_id = b.client_id)
            """)
    }

    /// Sessions whose rows were lost, and with them their refresh families.
    func bringBackLogins(_ rows: [Int64]) throws {
        // What a cleanup left of a session is not what leads to it once it is back.
        if facts.sweepIsDue { try sweepEntries() }
        let session: SQL = """
            id, user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout, absolute_expires_at, \
            alive_until, access_until, access_key, secret_hash, ip, user_agent, device, data
            """
        let family: SQL = """
            id, session_id, created_at, scope, generation, secret_hash, spent_at, spent_ip, successor, grace_until, \
            replayed_at, replayed_ip, replays, ended_at, end_reason, ended_by
            """
        for row in rows {
            try execute(
                "INSERT INTO session (" + session + ") SELECT " + session + " FROM beside.session WHERE id = \(row)")
            try execute(
                "INSERT INTO refresh_family (" + family + ") SELECT " + family
                    + """
                     FROM beside.refresh_family b WHERE session_id = \(row)
                      AND NOT EXISTS (SELECT 1 FROM refresh_family f WHERE f.id = b.id)
                    """)
        }
    }

    /// Ends live sessions, and denies the access tokens that carry their ids.
    func endLogins(_ logins: [(row: Int64, tokensUntil: Instant?)], audit seq: Int64, reason: String?) throws {
        for login in logins {
            try execute(
                """
                UPDATE session SET ended_at = \(now), end_reason = \(EndReason.restored.rawValue),
                                   ended_by = \(actor.name), alive_until = \(now)
                WHERE id = \(login.row) AND ended_at IS NULL
                """)
            guard let until = login.tokensUntil, until > now else { continue }
            try deny(
                .session, ids.text(of: login.row, .session), matchesUntil: until, audit: seq,
                reason: reason ?? "restored")
        }
    }

    /// From here on whoever holds rules, keys or exports of the store reads all of it anew.
    func beginEpoch(_ epoch: Int64) throws {
        try execute("UPDATE store SET epoch = \(epoch), rules_lifted_at = \(now) WHERE id = 1")
        denialsChanged()
    }
}
