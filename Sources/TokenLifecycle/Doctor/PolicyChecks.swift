extension HealthCheck {
    /// What `policy set` would have refused: whoever would act by it is refused too.
    static let policies = HealthCheck.store("policies", .instant) { examination in
        let wrong = examination.store.policies.wrong
        guard let first = wrong.first else { return .ok("every policy is within its range") }
        let told = wrong.map(\.why.message).joined(separator: "; ")
        return .untrusted(told, hint: first.why.hint ?? "nobody acts by it; somebody wrote to the file past tokenctl")
    }

    /// Lifetimes against the windows that they must outlast.
    static let windows = HealthCheck.store("windows", .instant) { examination in
        let policies = examination.store.policies
        let rules: [(Bool, String)] = try [
            (policies.accessTTL <= policies.accessTTLMax, "access.ttl is longer than access.ttl.max"),
            (policies.clockSkew < policies.accessTTL, "clock.skew is not shorter than access.ttl"),
            (policies.refreshIdle <= policies.refreshTTL, "refresh.idle is longer than refresh.ttl"),
            (policies.accessTTL <= policies.refreshTTL, "access.ttl is longer than refresh.ttl"),
            (policies.refreshGrace < policies.refreshIdle, "refresh.grace is not shorter than refresh.idle"),
            (policies.sessionIdle <= policies.sessionAbsolute, "session.idle is longer than session.absolute"),
            (
                policies.publicationLead < policies.keyRotation,
                "key.rotation is not longer than jwks.max_age and clock.skew: a standby is never known in time"
            ),
            (policies.keyRollback < policies.keyRotation, "key.rollback is not shorter than key.rotation"),
            (
                policies.accessTTLMax < policies.keyRotation,
                "key.rotation is not longer than access.ttl.max: retiring keys pile up"
            ),
        ]
        let broken = rules.filter { !$0.0 }.map(\.1)
        guard !broken.isEmpty else { return .ok("lifetimes and windows fit each other") }
        return .warning(
            broken.joined(separator: "; "), hint: "'tokenctl policy list' shows them, 'policy set' mends them")
    }

    static let issuer = HealthCheck.store("issuer", .instant) { examination in
        let policies = examination.store.policies
        let example = PolicyDefinition.all.first { $0.name == "token.issuer" }?.standard
        guard try policies.issuer != example else {
            return .warning("token.issuer is the example", hint: "'tokenctl policy set token.issuer URL'")
        }
        guard try !policies.audience.isEmpty else {
            return .warning("token.audience is not set", hint: "'tokenctl policy set token.audience NAME'")
        }
        return .ok("tokens say \(try policies.issuer) to \(try policies.audience)")
    }

    static let clock = HealthCheck.store("clock", .instant) { examination in
        let silence = examination.clock - examination.store.facts.lastWriteAt
        let measure = Finding.Measure.seconds("seconds_since_last_write", silence)
        if try silence < .zero - examination.store.policies.clockSkew {
            return .critical(
                "the system clock is \((.zero - silence).text) behind the store's last write: nobody can log in",
                hint: "set the clock; revoking and denying still work meanwhile", measure)
        }
        guard silence <= Cleanup.longestSilence else {
            return .warning(
                "nothing was written for \(silence.wholeDays.text): the clock may have leapt ahead",
                hint: "if it is right, 'tokenctl cleanup --accept-clock'", measure)
        }
        return .ok("agrees with the store's own time", measure)
    }
}
