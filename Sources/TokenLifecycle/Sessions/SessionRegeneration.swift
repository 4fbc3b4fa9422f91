internal import TokenCrypto
internal import TokenStorage

/// A login that goes on under a new id and a new token.
package struct Regenerated: Sendable {
    package var session: Session
    package var sessionToken: String
    /// What it was called before; its access tokens are denied.
    package var former: Session.ID
}

extension Store {
    /// Gives a live login a new session id and token: after logging in or gaining privileges, so that whoever planted or
    /// saw the old one has nothing (session fixation).
    ///
    /// The same data, login time and absolute expiry. Its refresh family moves along, so a client with tokens fetches an
    /// access token of the new id by its next refresh; those of the old id are denied.
    package func regenerateSession(named name: String, as actor: Actor) throws -> Regenerated {
        let secret = try Entropy.secret(OpaqueToken.secretLength)
        return try write(as: actor) { store in try store.regenerate(try store.session(named: name), secret) }
    }

    /// The same for whoever holds the session token; nil where it is the token of no live session.
    package func regenerateSession(holding token: OpaqueToken, as actor: Actor) throws -> Regenerated? {
        let secret = try Entropy.secret(OpaqueToken.secretLength)
        return try write(as: actor) { store in
            guard let session = try store.session(holding: token), session.isAlive(at: store.now) else { return nil }
            return try store.regenerate(session, secret)
        }
    }
}

extension StoreWriter {
    fileprivate func regenerate(_ former: Session, _ secret: borrowing SecretBytes) throws -> Regenerated {
        try requireTrustedClock()
        guard former.isAlive(at: now) else {
            throw Failure(
                .refused, "\(former.id) is not alive: \(former.pastEnd(at: now) ?? "")",
                hint: "log in again: 'tokenctl session create'", target: former.id.text)
        }
        let row: Int64 = try insert(
            """
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                                 absolute_expires_at, alive_until, secret_hash, ip, user_agent, device, data)
            SELECT user_id, client_id, \(now), login_at, \(now), \(now), idle_timeout,
                   absolute_expires_at, \(min(now + former.idleTimeout, former.absoluteExpiry)), \(SHA256.hash(secret)),
                   ip, user_agent, device, data
            FROM session WHERE id = \(former.id.row)
            RETURNING id
            """
        ).get(0)
        try execute(
            """
            UPDATE refresh_family SET session_id = \(row)
            WHERE session_id = \(former.id.row) AND ended_at IS NULL
            """)
        guard let session = try session(row: row) else { throw Failure.disagreement("the new session is not there") }
        // A rule against every token of the session is not shaken off by a new name.
        if let rule = try denyRule(.session, former.id.text), rule.issuedBefore == nil {
            try deny(
                .session, session.id.text, matchesUntil: rule.matchesUntil, audit: rule.auditSeq, reason: rule.reason)
        }
        try end(former, .regenerated, audit: nil, reason: "regenerated")
        return Regenerated(
            session: session, sessionToken: OpaqueToken.session(ids.permuted(row, .session), secret: secret),
            former: former.id)
    }
}

extension StoreReading {
    /// The session whose token this is, alive or not. Nil also for the id of a session with another secret: which of
    /// the two was wrong, nobody is told.
    func session(holding token: OpaqueToken) throws -> Session? {
        guard token.kind == .session else { return nil }
        let row = ids.restored(token.id, .session)
        guard let hash: [UInt8] = try sql.value("SELECT secret_hash FROM session WHERE id = \(row)"),
            ConstantTime.equal(SHA256.hash(token.secret), hash)
        else { return nil }
        return try session(row: row)
    }
}
