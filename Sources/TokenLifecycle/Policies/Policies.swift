internal import TokenStorage

/// The policies in force in one transaction. Lifetimes are recorded at birth: a change touches only what comes after.
package struct Policies: Sendable {
    private var values: [String: String]

    static func load(_ sql: any ReadTransaction) throws -> Policies {
        var values: [String: String] = [:]
        try sql.forEach("SELECT name, value FROM policy") { row in
            values[try row.get(0, as: String.self)] = try row.get(1, as: String.self)
            return true
        }
        return Policies(values: values)
    }

    /// The value in force: as set, else the standard one.
    package func value(_ name: String) -> String {
        values[name] ?? PolicyDefinition.all.first { $0.name == name }?.standard ?? ""
    }

    package func isSet(_ name: String) -> Bool { values[name] != nil }

    package var accessTTL: Duration { duration("access.ttl") }
    package var accessTTLMax: Duration { duration("access.ttl.max") }
    package var refreshTTL: Duration { duration("refresh.ttl") }
    package var refreshIdle: Duration { duration("refresh.idle") }
    package var refreshGrace: Duration { duration("refresh.grace") }
    package var replayEndsSession: Bool { value("refresh.replay") == "session" }
    package var sessionIdle: Duration { duration("session.idle") }
    package var sessionAbsolute: Duration { duration("session.absolute") }
    package var sessionLimit: Int? { Int(value("session.limit")) }
    package var sessionLimitRefuses: Bool { value("session.limit.action") == "refuse" }
    package var keySetMaxAge: Duration { duration("jwks.max_age") }
    package var keySetFile: String? { path("jwks.file") }
    package var denylistMaxAge: Duration { duration("denylist.max_age") }
    package var clockSkew: Duration { duration("clock.skew") }
    package var keyRotation: Duration { duration("key.rotation") }
    package var keyRollback: Duration { duration("key.rollback") }
    package var retentionEnded: Duration { duration("retention.ended") }
    /// Nil keeps the audit record for ever.
    package var retentionAudit: Duration? { try? Duration(text: value("retention.audit")) }
    package var maxAffected: Int { Int(value("act.max_affected")) ?? 1000 }
    package var issuer: String { value("token.issuer") }
    package var audience: String { value("token.audience") }
    package var defaultClient: String { value("token.default_client") }

    /// How long a published key must have been visible before every verifier knows it.
    package var publicationLead: Duration { keySetMaxAge + clockSkew }

    private func duration(_ name: String) -> Duration { (try? Duration(text: value(name))) ?? .zero }

    private func path(_ name: String) -> String? {
        let value = value(name)
        return value == "none" ? nil : value
    }
}

/// One policy as it is listed.
package struct PolicySetting: Sendable {
    package var definition: PolicyDefinition
    package var value: String
    package var isSet: Bool
}

extension StoreReading {
    package func policySettings() -> [PolicySetting] {
        PolicyDefinition.all.map {
            PolicySetting(definition: $0, value: policies.value($0.name), isSet: policies.isSet($0.name))
        }
    }

    package func policySetting(_ name: String) throws(Failure) -> PolicySetting {
        guard let definition = PolicyDefinition.all.first(where: { $0.name == name }) else {
            throw Failure(
                .notFound, "no policy \(name)", hint: "'tokenctl policy list' shows them all", target: name)
        }
        return PolicySetting(definition: definition, value: policies.value(name), isSet: policies.isSet(name))
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
