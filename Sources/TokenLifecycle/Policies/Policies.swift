internal import TokenStorage

/// The policies in force in one transaction. Lifetimes are recorded at birth: a change touches only what comes after.
package struct Policies: Sendable {
    private var values: [String: String] = [:]
    /// What stands in the store and `policy set` would refuse: somebody wrote it there past tokenctl. Nobody acts by it.
    private(set) var wrong: [(name: String, why: Failure)] = []

    static func load(_ sql: any ReadTransaction, from table: SQL = "policy") throws -> Policies {
        var policies = Policies()
        // As bytes: what is no text can be set anew only where the rest is read all the same.
        try sql.forEach("SELECT CAST(name AS BLOB), CAST(value AS BLOB) FROM " + table + " ORDER BY name") { row in
            policies.take(
                String(decoding: try row.get(0, as: [UInt8].self), as: UTF8.self), try row.get(1, as: [UInt8].self))
            return true
        }
        return policies
    }

    private mutating func take(_ name: String, _ stored: [UInt8]) {
        let value = String(decoding: stored, as: UTF8.self)
        values[name] = value
        guard let definition = PolicyDefinition.all.first(where: { $0.name == name }) else {
            wrong.append((name, Failure(.untrusted, "there is no policy \(name)", target: name)))
            return
        }
        guard String(validating: stored, as: UTF8.self) == nil || (try? definition.canonical(value)) == nil else {
            return
        }
        wrong.append(
            (
                name,
                Failure(
                    .untrusted, "the store says that \(name) is \"\(value.prefix(60))\", which it cannot be",
                    hint: "'tokenctl policy set \(name)' mends it: it takes \(definition.range)", target: name)
            ))
    }

    /// As set, else the standard one; `isValid` says whether anyone may act by it.
    package func value(_ name: String) -> String {
        values[name] ?? PolicyDefinition.all.first { $0.name == name }?.standard ?? ""
    }

    package func isSet(_ name: String) -> Bool { values[name] != nil }

    package func isValid(_ name: String) -> Bool { !wrong.contains { $0.name == name } }

    // Each fails with `.untrusted` where what is stored is not what `policy set` would have stored.

    package var accessTTL: Duration { get throws(Failure) { try duration("access.ttl") } }
    package var accessTTLMax: Duration { get throws(Failure) { try duration("access.ttl.max") } }
    package var refreshTTL: Duration { get throws(Failure) { try duration("refresh.ttl") } }
    package var refreshIdle: Duration { get throws(Failure) { try duration("refresh.idle") } }
    package var refreshGrace: Duration { get throws(Failure) { try duration("refresh.grace") } }
    package var replayEndsSession: Bool { get throws(Failure) { try valid("refresh.replay") == "session" } }
    package var sessionIdle: Duration { get throws(Failure) { try duration("session.idle") } }
    package var sessionAbsolute: Duration { get throws(Failure) { try duration("session.absolute") } }
    package var sessionLimit: Int? { get throws(Failure) { Int(try valid("session.limit")) } }
    package var sessionLimitRefuses: Bool { get throws(Failure) { try valid("session.limit.action") == "refuse" } }
    package var keySetMaxAge: Duration { get throws(Failure) { try duration("jwks.max_age") } }
    package var keySetFile: String? {
        get throws(Failure) {
            let path = try valid("jwks.file")
            return path == "none" ? nil : path
        }
    }
    package var denylistMaxAge: Duration { get throws(Failure) { try duration("denylist.max_age") } }
    package var clockSkew: Duration { get throws(Failure) { try duration("clock.skew") } }
    package var keyRotation: Duration { get throws(Failure) { try duration("key.rotation") } }
    package var keyRollback: Duration { get throws(Failure) { try duration("key.rollback") } }
    package var retentionEnded: Duration { get throws(Failure) { try duration("retention.ended") } }
    /// Nil keeps the audit record for ever.
    package var retentionAudit: Duration? {
        get throws(Failure) { try? Duration(text: try valid("retention.audit")) }
    }
    package var maxAffected: Int { get throws(Failure) { Int(try valid("act.max_affected")) ?? 0 } }
    package var issuer: String { get throws(Failure) { try valid("token.issuer") } }
    package var audience: String { get throws(Failure) { try valid("token.audience") } }
    package var defaultClient: String { get throws(Failure) { try valid("token.default_client") } }

    /// How long a published key must have been visible before every verifier knows it.
    package var publicationLead: Duration { get throws(Failure) { try keySetMaxAge + clockSkew } }

    /// The same; where that cannot be read, the longest that there can have been: what waits for it is late, never early.
    var cautiousPublicationLead: Duration {
        (try? publicationLead) ?? PolicyDefinition.longestKeySetAge + PolicyDefinition.longestClockSkew
    }

    /// Fails with `.untrusted` where nobody may act by it.
    package func check(_ name: String) throws(Failure) {
        if let fault = wrong.first(where: { $0.name == name }) { throw fault.why }
    }

    private func valid(_ name: String) throws(Failure) -> String {
        try check(name)
        return value(name)
    }

    private func duration(_ name: String) throws(Failure) -> Duration { try Duration(text: try valid(name)) }
}

/// One policy as it is listed.
package struct PolicySetting: Sendable {
    package var definition: PolicyDefinition
    package var value: String
    package var isSet: Bool
    /// Whether anyone acts by it: false where what is stored was never set by `policy set`.
    package var isValid: Bool
}

extension StoreReading {
    package func policySettings() -> [PolicySetting] {
        PolicyDefinition.all.map {
            PolicySetting(
                definition: $0, value: policies.value($0.name), isSet: policies.isSet($0.name),
                isValid: policies.isValid($0.name))
        }
    }

    package func policySetting(_ name: String) throws(Failure) -> PolicySetting {
        guard let definition = PolicyDefinition.all.first(where: { $0.name == name }) else {
            throw Failure(
                .notFound, "no policy \(name)", hint: "'tokenctl policy list' shows them all", target: name)
        }
        return PolicySetting(
            definition: definition, value: policies.value(name), isSet: policies.isSet(name),
            isValid: policies.isValid(name))
    }
}

extension StoreWriter {
    /// Nil sets it back to its standard value.
    func setPolicy(_ name: String, to value: String?) throws {
        let canonical = try value.map(policySetting(name).definition.canonical)
        if name == "jwks.max_age" || name == "clock.skew" { try rememberHeldKeySets() }
        if let canonical {
            try execute(
                """
                INSERT INTO policy (name, value, changed_at) VALUES (\(name), \(canonical), \(now))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
                """)
        } else {
            try execute("DELETE FROM policy WHERE name = \(name)")
        }
        try reloadPolicies()
    }
}
