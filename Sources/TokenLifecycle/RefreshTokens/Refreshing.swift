internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// Spending a refresh token.
package struct RefreshRequest: Sendable {
    package var token: [UInt8]
    /// Must be the client of the login, where given.
    package var client: String?
    package var ip: IPAddress?
    /// May only narrow what the family has; all of it where empty.
    package var scope: [String] = []

    package init(token: [UInt8]) {
        self.token = token
    }
}

/// Why a refresh token was refused: stable words, never an error.
public enum RefreshRefusal: String, CaseIterable, Sendable {
    /// Mistyped, cut, or no token at all.
    case malformed
    /// A session token or a JWT where a refresh token was expected.
    case wrongKind = "wrong_kind"
    /// Not a token of this store.
    case unknown
    /// Presented by another client than it was given to.
    case wrongClient = "wrong_client"
    /// More was asked for than the login was given.
    case wrongScope = "wrong_scope"
    /// The family, or its session, has run out.
    case expired
    /// The login was ended, by logging out, by an operator or by an earlier replay.
    case ended
    /// Its client, or everyone, was logged out.
    case loggedOut = "logged_out"
    /// Spent before: the family has been ended, if it was not already.
    case replayed
}

package enum RefreshOutcome: Sendable {
    case refreshed(Refreshed)
    case refused(RefreshRefusal)
}

package struct Refreshed: Sendable {
    package var family: RefreshFamily.ID
    package var session: Session
    package var refreshToken: String
    package var access: AccessToken
    /// The same successor again: a lost response, or two tabs.
    package var wasRepeated: Bool
}

extension Store {
    /// Spends a refresh token: a new pair, or why not. Replays end the family in the same transaction.
    package func refresh(_ request: RefreshRequest, as actor: Actor) throws -> RefreshOutcome {
        try Scope.check(request.scope)
        let token: OpaqueToken
        do {
            token = try OpaqueToken(request.token)
        } catch {
            let isJWT = request.token.starts(with: "eyJ".utf8)
            return .refused(isJWT ? .wrongKind : .malformed)
        }
        guard token.kind == .refresh else { return .refused(.wrongKind) }
        let next = try Entropy.secret(OpaqueToken.secretLength)
        return try writeIssuing(as: actor) { try $0.refresh(request, token, next) }
    }
}

extension StoreWriter {
    func refresh(
        _ request: RefreshRequest, _ token: OpaqueToken, _ next: borrowing SecretBytes
    ) throws -> RefreshOutcome {
        try requireTrustedClock()
        guard let family = try family(provenBy: token) else { return .refused(.unknown) }
        let secrets = RefreshSecrets(facts, family: family.id.row)
        let generation = Int64(token.generation)
        if generation == family.generation {
            if let refusal = refusal(family, request) { return .refused(refusal) }
            return try spend(family, request, token.secret, next, secrets)
        }
        if let again = repeatable(family, generation, token.secret, secrets) {
            if let refusal = refusal(family, request) { return .refused(refusal) }
            return try issue(family, request, generation: family.generation, again, secrets, wasRepeated: true)
        }
        // A late second tab of a family that was ended meanwhile is no replay.
        if isJustSpent(generation, of: family), family.ownEnd != nil { return .refused(.ended) }
        try endReplayed(family, from: request.ip)
        return .refused(.replayed)
    }

    private func refusal(_ family: RefreshFamily, _ request: RefreshRequest) -> RefreshRefusal? {
        switch family.state(at: now) {
        case .ended: return .ended
        case .expired: return .expired
        case .loggedOut: return .loggedOut
        case .active: break
        }
        // An access token ends with its session at the latest: there is no room for one in the last second.
        guard family.session.absoluteExpiry.seconds > now.seconds else { return .expired }
        if let client = request.client, !client.isIdentical(to: family.session.client) { return .wrongClient }
        return Set(request.scope).isSubset(of: family.scope) ? nil : .wrongScope
    }

    /// One conditional UPDATE, whose row count decides who of several spent it.
    private func spend(
        _ family: RefreshFamily, _ request: RefreshRequest, _ secret: borrowing SecretBytes,
        _ next: borrowing SecretBytes, _ secrets: RefreshSecrets
    ) throws -> RefreshOutcome {
        let successor = try secrets.seal(next, under: secret, generation: family.generation)
        let spent = try execute(
            """
            UPDATE refresh_family
            SET generation = generation + 1, secret_hash = \(SHA256.hash(next)), successor = \(successor),
                grace_until = \(now + policies.refreshGrace), spent_at = \(now), spent_ip = \(request.ip)
            WHERE id = \(family.id.row) AND generation = \(family.generation) AND secret_hash = \(family.secretHash)
              AND ended_at IS NULL
            """)
        guard spent == 1 else { throw Failure.disagreement("a refresh token changed inside its transaction") }
        return try issue(family, request, generation: family.generation + 1, next, secrets, wasRepeated: false)
    }

    private func issue(
        _ family: RefreshFamily, _ request: RefreshRequest, generation: Int64, _ secret: borrowing SecretBytes,
        _ secrets: RefreshSecrets, wasRepeated: Bool
    ) throws -> RefreshOutcome {
        guard let number = UInt32(exactly: generation) else {
            throw Failure(.refused, "\(family.id) has been refreshed too often", hint: "log in again")
        }
        var session = family.session
        try touch(&session)
        let scope = request.scope.isEmpty ? family.scope : request.scope
        let access = try issueAccessToken(for: session, scope: scope)
        let token = OpaqueToken.refresh(
            ids.permuted(family.id.row, .family), generation: number, secret: secret, tag: secrets.tag(generation))
        return .refreshed(
            Refreshed(
                family: family.id, session: session, refreshToken: token, access: access, wasRepeated: wasRepeated))
    }

    /// The successor of the generation just spent, within grace of being spent and while it is unused.
    private func repeatable(
        _ family: RefreshFamily, _ generation: Int64, _ secret: borrowing SecretBytes, _ secrets: RefreshSecrets
    ) -> SecretBytes? {
        guard isJustSpent(generation, of: family), let sealed = family.successor else { return nil }
        return secrets.open(sealed, with: secret, generation: generation)
    }

    private func isJustSpent(_ generation: Int64, of family: RefreshFamily) -> Bool {
        guard generation == family.generation - 1, let graceUntil = family.graceUntil else { return false }
        return now <= graceUntil
    }

    /// A replay: two parties hold tokens of one login, and nobody can tell which is the thief. Ends it for both.
    private func endReplayed(_ family: RefreshFamily, from ip: IPAddress?) throws {
        try execute(
            """
            UPDATE refresh_family SET replays = replays + 1, replayed_at = coalesce(replayed_at, \(now)),
                                      replayed_ip = CASE WHEN replayed_at IS NULL THEN \(ip) ELSE replayed_ip END
            WHERE id = \(family.id.row)
            """)
        // Repeats are counted on the row; the first one, or one that finds something alive, is an event.
        let isAlive = family.state(at: now) == .active
        // Whatever stands in the store, a thief gets nothing from it.
        let endsSession = (try? policies.replayEndsSession) ?? true
        guard isAlive || family.replayedAt == nil else { return }
        let seq = try audit(
            "refresh.replay", target: family.id.text, reason: ip.map { "presented from \($0)" },
            counts: ["families": isAlive ? 1 : 0, "sessions": isAlive && endsSession ? 1 : 0])
        guard isAlive else { return }
        if endsSession {
            try end(family.session, .replay, audit: seq, reason: "refresh token replayed")
        } else {
            try endFamily(family, .replay)
            if let until = family.session.accessUntil, until > now {
                try deny(
                    .session, family.session.id.text, issuedBefore: now, matchesUntil: until, audit: seq,
                    reason: "refresh token replayed")
            }
        }
    }

    func endFamily(_ family: RefreshFamily, _ why: EndReason) throws {
        try execute(
            """
            UPDATE refresh_family SET ended_at = \(now), end_reason = \(why.rawValue), ended_by = \(actor.name),
                                      successor = NULL
            WHERE id = \(family.id.row) AND ended_at IS NULL
            """)
    }

    /// Begins a login's refresh family; returns its first token.
    func insertFamily(for session: Session, scope: [String], _ secret: borrowing SecretBytes) throws -> String {
        let row: Int64 = try insert(
            """
            INSERT INTO refresh_family (session_id, created_at, scope, generation, secret_hash)
            VALUES (\(session.id.row), \(now), \(Scope.text(scope)), 1, \(SHA256.hash(secret)))
            RETURNING id
            """
        ).get(0)
        _ = try ids.known(row, .family)
        let secrets = RefreshSecrets(facts, family: row)
        return OpaqueToken.refresh(
            ids.permuted(row, .family), generation: 1, secret: secret, tag: secrets.tag(1))
    }
}
