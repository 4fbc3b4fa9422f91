internal import TokenCrypto

/// What a rotation comes to on the schedule as it is: pure, so it can be decided twice.
package enum RotationPlan {
    /// Why there is nothing to do.
    case unchanged(String)
    case promote(Promotion)

    init(_ options: KeyRotation.Options, _ store: some StoreReading) throws {
        let schedule = try store.signingSchedule()
        let now = store.now
        let signer = schedule.signer(at: now)
        if let name = options.from {
            let from = try store.key(named: name)
            guard signer?.key.row == from.row else {
                let signs = signer.map { "\($0.key.kid) signs since \($0.since.rfc3339)" } ?? "no key signs"
                self = .unchanged("\(from.kid) does not sign: \(signs)")
                return
            }
        }
        if let limit = options.ifOlderThan, let signer, now - signer.since < limit {
            self = .unchanged(
                "\(signer.key.kid) signs since \(signer.since.rfc3339), which is less than \(limit.text) ago")
            return
        }
        let waiting = schedule.pending(at: now)
        if let waiting, !options.signsAtOnce {
            let when = waiting.takesOver.map { "takes over at \($0.rfc3339)" } ?? "waits to be published"
            self = .unchanged("\(waiting.key.kid) \(when)")
            return
        }
        let algorithm = options.algorithm ?? signer?.key.algorithm ?? .es256
        if options.isFresh {
            self = .promote(Promotion(nil, algorithm, needsNext: true, atOnce: true, over: signer?.key, store))
            return
        }
        let standbys = schedule.successors(at: now)
        let chosen: SigningKey?
        if let name = options.to {
            let key = try store.key(named: name)
            guard standbys.contains(where: { $0.row == key.row }) else {
                self = try Self.answer(key, schedule.state(of: key, at: now))
                return
            }
            chosen = key
        } else {
            // A standby of another algorithm, left by an earlier change of algorithm, is promoted only for want of a better one.
            chosen =
                standbys.first { $0.algorithm == algorithm } ?? (options.algorithm == nil ? standbys.first : nil)
        }
        if options.isPlain, let signer, let again = try Self.repeated(signer, chosen, schedule, store) {
            self = .unchanged(again)
            return
        }
        let promoted = chosen?.algorithm ?? algorithm
        self = .promote(
            Promotion(
                chosen, promoted,
                needsNext: !standbys.contains { $0.row != chosen?.row && $0.algorithm == promoted },
                atOnce: options.isEmergency, over: signer?.key, store))
    }

    private static func answer(_ key: SigningKey, _ state: KeyState) throws -> RotationPlan {
        guard state != .active else { return .unchanged("\(key.kid) signs already") }
        throw Failure(
            .refused, "key \(key.kid) is \(state.rawValue), and only a standby can be promoted", target: key.kid)
    }

    /// Two people, or two crons, who rotate within `jwks.max_age + clock.skew` mean the same rotation: its successor is not
    /// even known to verifiers yet.
    private static func repeated(
        _ signer: (key: SigningKey, since: Instant), _ next: SigningKey?, _ schedule: SigningSchedule,
        _ store: some StoreReading
    ) throws -> String? {
        guard let next, !next.algorithm.isSymmetric, next.knownAt.map({ $0 > store.now }) ?? true,
            try store.now - signer.since < store.policies.publicationLead,
            schedule.turns(at: store.now).contains(where: { $0.key.row != signer.key.row })
        else { return nil }
        let known = next.knownAt.map { "\(next.kid) can follow from \($0.rfc3339)" } ?? "\(next.kid) is not published"
        return "\(signer.key.kid) signs since \(signer.since.rfc3339), and \(known)"
    }
}

/// A key's turn to come.
package struct Promotion {
    /// Nil: a key made for this.
    var standby: SigningKey?
    var algorithm: SignatureAlgorithm
    /// Whether no other standby of its algorithm is left.
    var needsNext: Bool
    /// When it takes over; nil while nobody can say, because it was never published.
    var takesOver: Instant?
    /// When every verifier knows it, where it signs before that.
    var isKnownAt: Instant?

    init(
        _ standby: SigningKey?, _ algorithm: SignatureAlgorithm, needsNext: Bool, atOnce: Bool,
        over signer: SigningKey?,
        _ store: some StoreReading
    ) {
        self.standby = standby
        self.algorithm = algorithm
        self.needsNext = needsNext
        let now = store.now
        let signsAtOnce = atOnce || algorithm.isSymmetric || signer == nil
        takesOver = signsAtOnce ? now : standby?.knownAt.map { max(now, $0) }
        // What is not published yet can be so right after this at the earliest.
        let known = standby?.knownAt ?? store.known(publishedAt: now)
        isKnownAt = signsAtOnce && signer != nil && !algorithm.isSymmetric && known > now ? known : nil
    }
}
