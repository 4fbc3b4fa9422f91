internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `key revoke`: the key verifies nothing any more, at once and for ever; logins live on and fetch new access tokens.
package struct KeyRevocation: Act {
    package struct Options: Sendable {
        package var cause: SigningKey.RevocationCause
        /// The standby signs at once in its place.
        package var replaces = false
        /// The standby is not trusted either: a new key signs, and none made before will.
        package var isFresh = false
        /// Ends every session and refresh family as well: whoever held the key could have logged in as anyone.
        package var endsSessions = false

        package init(_ cause: SigningKey.RevocationCause) {
            self.cause = cause
        }
    }

    private let name: String
    private let options: Options
    private let reason: String?
    /// Signs in its place, with `isFresh`; and the standby to come. Made before, because making one takes time.
    private let candidate: KeyMaterial?
    private let next: KeyMaterial?

    /// Fails with `.notFound` for a kid that is none, `.usage` for `isFresh` without `replaces`.
    package init(_ name: String, _ options: Options, reason: String?, preparing store: Store) throws {
        self.name = name
        self.options = options
        self.reason = reason
        guard options.replaces || !options.isFresh else {
            throw Failure(.usage, "--fresh says with what to replace the key", hint: "add --replace")
        }
        let (state, algorithm, needsNext) = try store.read { reader in
            let schedule = try reader.signingSchedule(withGoneKeys: true)
            let key = try reader.key(named: name)
            let state = schedule.state(of: key, at: reader.now)
            let others = schedule.standbys(at: reader.now).count { $0.row != key.row }
            return (state, key.algorithm, state == .active ? options.replaces : state == .standby && others == 0)
        }
        candidate = options.isFresh && state == .active ? try KeyMaterial.generate(algorithm) : nil
        next = needsNext ? try KeyMaterial.generate(algorithm) : nil
    }

    package struct Decision {
        var key: SigningKey
        var state: KeyState
        /// Signs in its place; nil where the key does not sign, or one is made for it.
        var successor: SigningKey?
        /// When every verifier knows the successor, where it signs before that.
        var successorKnownAt: Instant?
        /// At most how many of its tokens have not expired; of an imported key nobody here counted them.
        var tokens: Int64
        /// When no verifier that refetches accepts the key any more; nil for a shared secret, which is in no key set.
        var leftSafeAt: Instant?
        var liveSessions: Int
        /// Files with the key in them now; and the one that publishing writes anew.
        var carriers: [String]
        var published: String?
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let key = try store.key(named: name)
        let schedule = try store.signingSchedule(withGoneKeys: true)
        let state = schedule.state(of: key, at: store.now)
        let known = store.known(publishedAt: store.now)
        var decision = Decision(
            key: key, state: state, tokens: try store.unexpiredTokens(of: key),
            leftSafeAt: key.algorithm.isSymmetric ? nil : known,
            liveSessions: try store.countSessions(SessionFilter(), upTo: 10_001),
            carriers: try store.publishedFilesCarrying(key.kid), published: try store.policies.keySetFile)
        guard state == .active else {
            if options.isFresh, state.verifies {
                throw Failure(
                    .refused, "key \(key.kid) does not sign, so there is nothing to replace",
                    hint: "'tokenctl key rotate --fresh' replaces the key that does; then revoke this one",
                    target: key.kid)
            }
            return decision
        }
        guard options.replaces else {
            throw Failure(
                .refused, "key \(key.kid) is signing: revoked, nothing could be issued",
                hint: "add --replace: the standby signs at once", target: key.kid)
        }
        if candidate != nil {
            decision.successorKnownAt = key.algorithm.isSymmetric ? nil : known
            return decision
        }
        guard let successor = schedule.successors(at: store.now).first(where: { $0.row != key.row }) else {
            throw Failure(
                .refused, "no standby key could sign in place of \(key.kid)",
                hint: "add --fresh: a new key signs; or 'tokenctl key generate' makes a standby", target: key.kid)
        }
        decision.successor = successor
        let successorKnown = successor.knownAt ?? known
        decision.successorKnownAt =
            successor.algorithm.isSymmetric || successorKnown <= store.now ? nil : successorKnown
        return decision
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.revoke", tier: .three, summary: "revoke key \(decision.key.kid) (\(decision.state.rawValue))",
            count: decision.state == .revoked ? 0 : 1, word: decision.key.kid)
        preview.notes = consequences(decision, successor: decision.successor?.kid ?? candidate.map { _ in "a new key" })
        for path in decision.carriers {
            preview.notes.append(
                path == decision.published
                    ? "\(path) carries the key, and is written anew without it"
                    : "\(path) carries the key, and stays as it is: 'tokenctl key publish \(path)'")
        }
        preview.stillValidUntil = decision.leftSafeAt
        preview.notesSayUntil = true
        return preview
    }

    private func consequences(_ decision: Decision, successor: String?) -> [String] {
        var notes = tokens(decision) + [verifiers(decision)]
        if let successor { notes.append("\(successor) signs at once in its place") }
        if let known = decision.successorKnownAt {
            notes.append(
                "verifiers that fetched the key set before reject the new key's tokens until they fetch it again, "
                    + "\(known.rfc3339) at the latest")
        }
        guard decision.key.isOurs || options.endsSessions else { return notes }
        let live = decision.liveSessions
        let sessions = live > 10_000 ? "10,000+ live sessions" : live.counted("live session")
        notes.append(
            options.endsSessions
                ? "\(sessions) \(live == 1 ? "ends" : "end"): everyone logs in again"
                : "\(sessions) \(live == 1 ? "lives" : "live") on: clients fetch a new access token")
        return notes
    }

    /// What stops verifying, and until when it would have.
    private func tokens(_ decision: Decision) -> [String] {
        let until = decision.key.latestExpiry?.rfc3339 ?? ""
        guard decision.key.isOurs else {
            return ["tokens of the application it was imported for stop verifying here at once, not \(until)"]
        }
        guard decision.tokens > 0 else { return ["no unexpired access token was signed with it"] }
        let stop = decision.tokens == 1 ? "stops" : "stop"
        return [
            "at most \(decision.tokens.counted("unexpired access token")) \(stop) verifying at once",
            "the last of them would have lived until \(until)",
        ]
    }

    /// Who accepts its tokens all the same, and for how long.
    private func verifiers(_ decision: Decision) -> String {
        if let safe = decision.leftSafeAt {
            return "a verifier that caches the key set accepts its tokens, and forgeries, until it refetches: "
                + "\(safe.rfc3339) at the latest; one that never refetches accepts them for ever"
        }
        return decision.key.isOurs
            ? "the secret never left this store: nobody accepts its tokens, or forgeries, any more"
            : "whoever else has the secret accepts its tokens, and can make them, until it is taken from them"
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let key = decision.key
        guard decision.state != .revoked else {
            let note = "revoked \(key.revokedAt?.rfc3339 ?? "") already: \(key.revocationCause?.rawValue ?? "")"
            return Report(
                action: "key.revoke", items: [.init(key.kid, .unchanged, note: note)], lines: ["\(key.kid): \(note)"])
        }
        let seq = try store.audit(
            "key.revoke", target: key.kid, reason: reason ?? options.cause.rawValue, counts: ["tokens": decision.tokens]
        )
        try store.revoke(key, options.cause)
        try store.deny(.key, key.kid, matchesUntil: nil, audit: seq, reason: reason ?? options.cause.rawValue)
        var items = [Report.Item(key.kid, .revoked)]
        let signs = try replace(decision, store)
        if let signs { items.append(.init(signs, .changed, note: "signs")) }
        if let next, decision.state == .active || decision.state == .standby {
            try store.insertKey(next, origin: .generated)
            items.append(.init(next.kid, .created, note: "stands by"))
        }
        if candidate != nil { try store.retireDistrusted() }
        if options.endsSessions { _ = try endSessions(store) }
        var report = Report(
            action: "key.revoke", items: items,
            lines: ["\(key.kid) revoked: \(options.cause.rawValue)"] + consequences(decision, successor: signs),
            stillValidUntil: decision.leftSafeAt,
            details: [
                .init("tokens", .integer(decision.tokens)),
                .init("latest_exp", key.latestExpiry.map { .string($0.rfc3339) } ?? .null),
                .init("cause", .string(options.cause.rawValue)),
                .init("sessions_ended", .integer(options.endsSessions ? Int64(decision.liveSessions) : 0)),
            ])
        report.audit = seq
        return report
    }

    /// Puts the successor in the place of the key that signed; returns its kid.
    private func replace(_ decision: Decision, _ store: StoreWriter) throws -> String? {
        guard decision.state == .active else { return nil }
        if let candidate {
            let row = try store.insertKey(candidate, origin: .generated)
            try store.schedule(row, atOnce: true, distrusting: true)
            return candidate.kid
        }
        // The key began to sign after the act was prepared: with nothing made, there is nothing to sign in its place.
        guard let successor = decision.successor, next != nil else {
            throw Failure(.busy, "the keys changed meanwhile", hint: "try again")
        }
        try store.schedule(successor.row, atOnce: true)
        return successor.kid
    }

    private func endSessions(_ store: StoreWriter) throws -> Report {
        let logout = FloorLogout(.everyone, reason: reason ?? options.cause.rawValue)
        return try logout.apply(try logout.decide(store), store)
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        // Also where it was revoked before: a publication that failed then is made up for.
        let published = try store.publishKeySet(after: "the key was revoked", as: actor)
        guard report.changed > 0 || published != nil, let kid = report.items.first?.id else { return report }
        var report = report
        let (carriers, file, key) = try store.read {
            (try $0.publishedFilesCarrying(kid), try $0.policies.keySetFile, try $0.key(kid: kid))
        }
        if key?.algorithm.isSymmetric ?? false { return report }
        for path in carriers {
            report.lines.append("\(path) still carries the key: 'tokenctl key publish \(path)'")
        }
        if carriers.isEmpty, let file {
            report.lines.append("\(file) no longer carries it")
        } else if file == nil {
            report.lines.append("jwks.file is not set: see to it that what verifiers fetch no longer carries the key")
        }
        if try store.read({ try $0.keysNotDestroyedYet() }).contains(kid) {
            report.lines.append(SigningKey.notDestroyedYet("its") + ": 'tokenctl cleanup' tries again")
        }
        report.details.append(.init("published_in", .array(carriers.map(JSON.string))))
        return report
    }
}

extension StoreWriter {
    /// Marks a key revoked, without its secret and out of the schedule.
    func revoke(_ key: SigningKey, _ cause: SigningKey.RevocationCause) throws {
        try destroyPrivateHalf(key)
        try execute(
            """
            UPDATE signing_key SET revoked_at = \(now), revoke_cause = \(cause.rawValue), without_kid = 0
            WHERE id = \(key.row)
            """)
        try execute("UPDATE signing_schedule SET voided_at = \(now) WHERE key_id = \(key.row) AND voided_at IS NULL")
    }
}
