internal import TokenJOSE
internal import TokenStorage

/// What a rule of the denylist compares.
package enum DenyScope: String, CaseIterable, Sendable {
    case token, session, user, client, key, everyone
}

/// One row of the denylist: a scope, a value, optionally "issued before".
package struct DenyRule: Sendable {
    package var id: Int64
    package var scope: DenyScope
    /// A jti, `ses_…`, subject, client id or kid; empty for everyone.
    package var value: String
    /// Matches tokens whose `iat` is not after this instant's second; whenever issued, where nil.
    package var issuedBefore: Instant?
    /// The latest `exp` of a token it can match: not needed after that and the skew. Nil: for ever.
    package var matchesUntil: Instant?
    package var createdAt: Instant
    package var reason: String?
    package var actor: String
    package var auditSeq: Int64?

    /// Whether a token issued at `issuedAt` (seconds) is meant. One without `iat` counts as older than any cut-off.
    package func matches(issuedAt: Int64?) -> Bool {
        guard let cutOff = issuedBefore, let issuedAt else { return true }
        return issuedAt <= cutOff.seconds
    }

    /// Whether a rule of the same scope and value with these limits would add nothing.
    func covers(issuedBefore cutOff: Instant?, matchesUntil until: Instant?) -> Bool {
        let isCutOffCovered = issuedBefore.map { known in cutOff.map { known >= $0 } ?? false } ?? true
        let isTimeCovered = matchesUntil.map { known in until.map { known >= $0 } ?? false } ?? true
        return isCutOffCovered && isTimeCovered
    }

    /// "user alice", "everyone".
    package var subject: String { scope == .everyone ? "everyone" : "\(scope.rawValue) \(value)" }

    static let columns: SQL =
        "id, scope, value, issued_before, matches_until, created_at, reason, actor, audit_seq"

    init(_ row: Row) throws {
        id = try row.get(0)
        guard let scope = DenyScope(rawValue: try row.get(1)) else {
            throw Failure(.untrusted, "denylist rule \(id) has a scope that this program does not know")
        }
        self.scope = scope
        value = try row.get(2)
        issuedBefore = try row.get(3)
        matchesUntil = try row.get(4)
        createdAt = try row.get(5)
        reason = try row.get(6)
        actor = try row.get(7)
        auditSeq = try row.get(8)
    }
}

extension StoreReading {
    package func denyRule(_ scope: DenyScope, _ value: String) throws -> DenyRule? {
        try sql.row(
            "SELECT " + DenyRule.columns + " FROM deny_rule WHERE scope = \(scope.rawValue) AND value = \(value)"
        ).map(DenyRule.init)
    }

    package func denyRule(id: Int64) throws -> DenyRule? {
        try sql.row("SELECT " + DenyRule.columns + " FROM deny_rule WHERE id = \(id)").map(DenyRule.init)
    }

    /// The rules that deny this access token. Its signature is not looked at: a rule denies whoever signed.
    package func rules(matching token: [UInt8]) throws -> [DenyRule] {
        let kid: String?
        let claims: JWTClaims
        do throws(JOSEError) {
            let jws = try CompactJWS(parsing: token)
            kid = jws.kid
            claims = try JWTClaims(payload: jws.payload)
        } catch {
            throw Failure(
                .malformed, "this is not an access token: \(error)", hint: "'tokenctl token inspect -' says what it is")
        }
        let values: [(DenyScope, String?)] = [
            (.everyone, ""), (.key, kid), (.client, claims.clientID), (.user, claims.sub),
            (.session, claims.sid),
            (.token, claims.jti),
        ]
        return try values.compactMap { scope, value in
            guard let value, !value.utf8.contains(0), let rule = try denyRule(scope, value) else { return nil }
            return rule.matches(issuedAt: claims.iat) ? rule : nil
        }
    }
}

extension StoreWriter {
    /// Writes a rule, or widens the one that is there: re-adding never shortens.
    @discardableResult
    func deny(
        _ scope: DenyScope, _ value: String, issuedBefore: Instant? = nil, matchesUntil: Instant?, audit seq: Int64?,
        reason: String?
    ) throws -> DenyRule {
        try execute(
            """
            INSERT INTO deny_rule (scope, value, issued_before, matches_until, created_at, reason, actor, audit_seq,
                                   changed_at)
            VALUES (\(scope.rawValue), \(value), \(issuedBefore), \(matchesUntil), \(now), \(reason), \(actor.name), \(seq),
                    \(now))
            ON CONFLICT (scope, value) DO UPDATE SET
                issued_before = CASE WHEN issued_before IS NULL OR excluded.issued_before IS NULL THEN NULL
                                     WHEN excluded.issued_before > issued_before THEN excluded.issued_before
                                     ELSE issued_before END,
                matches_until = CASE WHEN matches_until IS NULL OR excluded.matches_until IS NULL THEN NULL
                                     WHEN excluded.matches_until > matches_until THEN excluded.matches_until
                                     ELSE matches_until END,
                reason = excluded.reason, actor = excluded.actor, audit_seq = excluded.audit_seq,
                changed_at = excluded.changed_at
            """)
        denialsChanged()
        guard let rule = try denyRule(scope, value) else { throw Failure.disagreement("the new rule is not there") }
        return rule
    }
}
