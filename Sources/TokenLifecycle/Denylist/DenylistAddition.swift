internal import TokenJOSE

/// `denylist add`: denies access tokens by id, session, user, client, key, or all of them.
package struct DenylistAddition: Act {
    package enum Subject: Sendable {
        case tokenIDs([String])
        /// A whole token of ours: its `jti`, and its own `exp` to forget the rule by.
        case token([UInt8])
        case session(String)
        case user(String)
        case client(String)
        case key(String)
        case everyone
    }

    package var subject: Subject
    /// Tokens issued up to this instant; now, where a cut-off makes sense and none is given.
    package var issuedBefore: Instant?
    package var expires: Instant?
    package var reason: String?

    package init(_ subject: Subject, issuedBefore: Instant? = nil, expires: Instant? = nil, reason: String?) {
        self.subject = subject
        self.issuedBefore = issuedBefore
        self.expires = expires
        self.reason = reason
    }

    package struct Decision {
        struct Rule {
            var scope: DenyScope
            var value: String
            var issuedBefore: Instant?
            var matchesUntil: Instant?
        }
        var rules: [Rule]
        var unchanged: [DenyRule]
        var tokensUntil: Instant?
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        if let issuedBefore, issuedBefore > store.now {
            throw Failure(
                .usage, "--issued-before \(issuedBefore.rfc3339) has not come yet",
                hint: "a rule denies what was issued; what is issued later is refused by other means")
        }
        if let expires, expires <= store.now {
            throw Failure(.usage, "--expires \(expires.rfc3339) has passed")
        }
        let tokensUntil = try store.latestExpiryOfAnyToken()
        let bound = tokensUntil ?? store.now
        let wanted = try rules(store, bound: bound)
        var decision = Decision(rules: [], unchanged: [], tokensUntil: tokensUntil)
        for rule in wanted {
            if let known = try store.denyRule(rule.scope, rule.value),
                known.covers(issuedBefore: rule.issuedBefore, matchesUntil: rule.matchesUntil)
            {
                decision.unchanged.append(known)
            } else {
                decision.rules.append(rule)
            }
        }
        return decision
    }

    private func rules(_ store: some StoreReading, bound: Instant) throws -> [Decision.Rule] {
        let cutOff = issuedBefore ?? store.now
        let until = max(bound, expires ?? bound)
        switch subject {
        case .tokenIDs(let ids):
            return try ids.map { id in
                try Names.checkForeign(id, "the jti")
                return .init(scope: .token, value: id, issuedBefore: nil, matchesUntil: until)
            }
        case .token(let bytes):
            let claims = try readClaims(bytes)
            let isSigned = try requireOurs(bytes, store)
            guard let id = claims.jti else {
                throw Failure(
                    .refused, "this token has no jti, so no rule can name it",
                    hint: claims.sub.map { "deny its user up to now: 'tokenctl denylist add --user \($0)'" })
            }
            let own = isSigned ? claims.exp.map { max(Instant(seconds: $0), expires ?? .earliest) } : nil
            return [.init(scope: .token, value: id, issuedBefore: nil, matchesUntil: own ?? until)]
        case .session(let name):
            let session = try store.session(named: name)
            // Where the session lives on, its next access token must be good.
            let alive = session.isAlive(at: store.now)
            return [
                .init(
                    scope: .session, value: session.id.text,
                    issuedBefore: alive || issuedBefore != nil ? cutOff : nil,
                    matchesUntil: session.accessUntil ?? store.now)
            ]
        case .user(let user):
            try Names.checkForeign(user, "the user")
            return [.init(scope: .user, value: user, issuedBefore: cutOff, matchesUntil: until)]
        case .client(let client):
            try Names.checkForeign(client, "the client")
            return [.init(scope: .client, value: client, issuedBefore: cutOff, matchesUntil: until)]
        case .key(let name):
            let key = try store.key(named: name)
            let state = try store.signingSchedule().state(of: key, at: store.now)
            guard state != .active, state != .standby else {
                throw Failure(
                    .refused,
                    "key \(key.kid) is \(state == .active ? "signing" : "to sign"): denying it would deny every new token",
                    hint: "'tokenctl key revoke \(key.kid) --replace' puts another key in its place", target: key.kid)
            }
            return [.init(scope: .key, value: key.kid, issuedBefore: nil, matchesUntil: nil)]
        case .everyone:
            return [.init(scope: .everyone, value: "", issuedBefore: cutOff, matchesUntil: until)]
        }
    }

    private func readClaims(_ bytes: [UInt8]) throws(Failure) -> JWTClaims {
        do {
            return try JWTClaims(payload: CompactJWS(parsing: bytes).payload)
        } catch {
            throw Failure(.malformed, "this is not an access token", hint: "'tokenctl token inspect -' says what it is")
        }
    }

    /// Whether a key of ours signed the token, so that its claims are true; false where nobody can tell without a secret.
    ///
    /// The claims of an altered token are anybody's: its `exp` would let the rule go while the true one verifies, its `jti`
    /// would name another. So a token that no key of ours signed is `.refused`.
    private func requireOurs(_ bytes: [UInt8], _ store: some StoreReading) throws -> Bool {
        let checks: [Check]
        do {
            checks = try store.verify(bytes, exhaustively: true).checks
        } catch let failure as Failure where failure.kind == .notPermitted {
            // HS256 without the master key: denying must not wait for it.
            return false
        }
        let strange: [RefusalReason] = [.unknownKey, .algorithmMismatch, .badSignature]
        if let check = checks.first(where: { check in strange.contains { check.answer == .no($0) } }) {
            throw Failure(
                .refused, "no key of this store signed this token: \(check.detail)",
                hint: "its claims prove nothing; what has a jti can be denied by --jti")
        }
        return checks.contains { $0.name == "signature" && $0.answer == .yes }
    }

    package func preview(_ decision: Decision) -> Preview {
        let rules = decision.rules
        let what =
            switch subject {
            case .tokenIDs(let ids): ids.count == 1 ? "token \(ids[0])" : ids.count.counted("token")
            case .token: "token \(rules.first?.value ?? "")"
            case .everyone: "the access tokens of everyone"
            default: rules.first.map { "the access tokens of \($0.scope.rawValue) \($0.value)" } ?? "nothing new"
            }
        var preview = Preview(
            action: "denylist.add", tier: tier(rules.count), summary: "deny \(what)", count: rules.count,
            word: word(rules))
        preview.stillValidUntil = rules.compactMap(\.matchesUntil).max()
        preview.notes = ["sessions and refresh tokens live on: log out to end them as well"]
        return preview
    }

    private func tier(_ count: Int) -> Tier {
        switch subject {
        case .tokenIDs, .token: max(.two, .ending(count))
        case .session, .user: .two
        case .client, .key, .everyone: .three
        }
    }

    private func word(_ rules: [Decision.Rule]) -> String? {
        switch subject {
        case .client, .key: rules.first?.value
        case .everyone: "everyone"
        default: nil
        }
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        var items: [Report.Item] = []
        var seq: Int64?
        if !decision.rules.isEmpty {
            let target = decision.rules.count == 1 ? decision.rules[0] : nil
            seq = try store.audit(
                "denylist.add", target: target.map { "\($0.scope.rawValue) \($0.value)" }, reason: reason,
                counts: ["rules": Int64(decision.rules.count)])
        }
        for rule in decision.rules {
            let written = try store.deny(
                rule.scope, rule.value, issuedBefore: rule.issuedBefore, matchesUntil: rule.matchesUntil, audit: seq,
                reason: reason)
            items.append(.init(String(written.id), .denied, note: written.subject))
        }
        items += decision.unchanged.map { .init(String($0.id), .unchanged, note: $0.subject) }
        var report = Report(
            action: "denylist.add", items: items,
            lines: items.map {
                "rule \($0.id): \($0.note ?? "") \($0.outcome == .denied ? "denied" : "was denied already")"
            },
            stillValidUntil: decision.rules.compactMap(\.matchesUntil).max().flatMap { $0 > store.now ? $0 : nil })
        report.audit = seq
        return report
    }
}
