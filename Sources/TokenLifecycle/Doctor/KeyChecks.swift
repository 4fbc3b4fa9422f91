internal import TokenCrypto
internal import TokenStorage

extension HealthCheck {
    static let keyChecks: [HealthCheck] = [
        .store("signing_key", .instant) { try signer($0.store) },
        .store("standby_key", .instant) { try standby($0.store) },
        .store("key_rotation", .instant) { try rotation($0.store) },
        .store("private_halves", .instant) { try privateHalves($0.store) },
    ]

    private static func signer(_ store: StoreReader) throws -> Finding {
        let schedule = try store.signingSchedule()
        guard let (key, _) = schedule.signer(at: store.now) else {
            guard !schedule.keys.isEmpty else {
                return .warning(
                    "there is no key: sessions work, access tokens cannot be issued",
                    hint: "'tokenctl key rotate' makes one that signs")
            }
            return .critical("no key signs: no access token can be issued", hint: "'tokenctl key rotate'")
        }
        guard key.hasPrivateHalf else {
            return .critical(
                "key \(key.kid) should sign, and its private half is gone", hint: "'tokenctl key rotate --emergency'")
        }
        let tokens = try store.unexpiredTokens(of: key)
        return .ok(
            "\(key.kid) signs, and no other key does", .count("signing_key_unexpired_tokens", Int(clamping: tokens)))
    }

    private static func standby(_ store: StoreReader) throws -> Finding {
        let schedule = try store.signingSchedule()
        guard let signer = schedule.signer(at: store.now) else { return .ok("nothing to stand by for") }
        if let pending = schedule.pending(at: store.now) {
            return pending.takesOver.map { .ok("\(pending.key.kid) takes over at \($0.rfc3339)") }
                ?? .warning(
                    "\(pending.key.kid) is to take over, but is not published: nobody knows it",
                    hint: "'tokenctl key publish'")
        }
        let standbys = schedule.standbys(at: store.now)
        guard let next = standbys.first else {
            return .warning(
                "no standby key: in an emergency verifiers would learn of its successor only then",
                hint: "'tokenctl key generate'")
        }
        if next.algorithm.isSymmetric { return .ok("\(next.kid) stands by") }
        guard let known = next.knownAt else {
            return .warning(
                "the standby key \(next.kid) is not published, so it cannot take over", hint: "'tokenctl key publish'")
        }
        let due = try signer.since + store.policies.keyRotation
        guard known <= max(due, store.now) else {
            return .warning(
                "rotation is due at \(due.rfc3339), and verifiers know the standby only from \(known.rfc3339) on",
                hint: "rotate then; or make key.rotation longer than jwks.max_age and clock.skew")
        }
        return .ok("\(next.kid) stands by" + (known <= store.now ? "" : ", known to all from \(known.rfc3339) on"))
    }

    private static func rotation(_ store: StoreReader) throws -> Finding {
        guard let (key, since) = try store.signingSchedule().signer(at: store.now) else { return .ok("no key signs") }
        let age = store.now - since
        let longest = try store.policies.keyRotation
        let measure = Finding.Measure.seconds("signing_key_age_seconds", age, warning: longest)
        guard age > longest else { return .ok("\(key.kid) signs since \(since.rfc3339)", measure) }
        return .warning(
            "key \(key.kid) signs since \(since.rfc3339), longer than key.rotation", hint: "'tokenctl key rotate'",
            measure)
    }

    private static func privateHalves(_ store: StoreReader) throws -> Finding {
        let left = try store.keysWithLeftHalf()
        if let first = left.first {
            let signs = try store.signingSchedule().signer(at: store.now)?.key.kid == first.kid
            return .untrusted(
                "\(left.count.counted("key")) out of use, or destroyed by the record, still "
                    + "\(left.count == 1 ? "has" : "have") a private half, the first \(first.kid)",
                hint: "no act leaves one: find out who wrote to the file; then "
                    + (signs
                        ? "'tokenctl key rotate --fresh', as cleanup leaves the key that signs"
                        : "'tokenctl cleanup --only keys' destroys it"))
        }
        if let kid = try store.keysNotDestroyedYet().first {
            return .warning(
                SigningKey.notDestroyedYet("key \(kid): its"), hint: "'tokenctl cleanup' tries again")
        }
        let overdue = try store.privateHalvesDue()
        guard let first = overdue.first else {
            let held = try store.signingSchedule().keys.count { $0.hasPrivateHalf && !$0.algorithm.isSymmetric }
            return .ok("none but where one is needed", .count("private_halves", held))
        }
        return .warning(
            "\(first.kid) keeps its private half beyond key.rollback"
                + (overdue.count > 1 ? ", and \(overdue.count - 1) more" : ""),
            hint: "the next write destroys it; 'tokenctl cleanup --only keys' does now")
    }
}
