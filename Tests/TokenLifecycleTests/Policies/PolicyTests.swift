import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct PolicyTests {
    @Test func `every standard value is within its own range`() throws {
        for definition in PolicyDefinition.all {
            #expect(try definition.canonical(definition.standard) == definition.standard, "\(definition.name)")
            #expect(!definition.range.isEmpty && !definition.summary.isEmpty)
        }
        #expect(Set(PolicyDefinition.all.map(\.name)).count == PolicyDefinition.all.count)
    }

    @Test(arguments: [
        ("access.ttl", "9s"), ("access.ttl", "25h"), ("access.ttl", "0s"), ("access.ttl", "-1m"),
        ("access.ttl", "soon"), ("access.ttl", "none"), ("access.ttl", ""), ("refresh.grace", "61s"),
        ("refresh.replay", "nothing"), ("session.limit", "0"), ("session.limit", "-3"), ("session.limit", "10001"),
        ("session.limit", "1.5"), ("session.limit.action", "oldest"), ("jwks.file", "relative.json"),
        ("jwks.file", ""), ("clock.skew", "11m"), ("retention.audit", "23h"), ("act.max_affected", "0"),
        ("token.issuer", ""), ("token.issuer", "a\nb"), ("token.audience", " api"), ("key.rotation", "9m"),
        ("jwks.max_age", "8d"),
    ])
    func `a value out of range is refused and nothing is written`(_ name: String, _ value: String) throws {
        let test = try TestStore(nil)
        let before = try test.read { ($0.policies.value(name), $0.facts.lastWriteAt) }
        #expect(try failure { try test.set(name, value) } == .malformed)
        let after = try test.read { ($0.policies.value(name), $0.facts.lastWriteAt) }
        #expect(before == after)
    }

    @Test(arguments: [
        ("access.ttl", "90s", "1m30s"), ("refresh.grace", "0s", "0s"), ("refresh.grace", "60s", "1m"),
        ("session.limit", "007", "7"), ("retention.audit", "2w", "14d"), ("refresh.replay", "family", "family"),
    ])
    func `a value is kept in one canonical form, and audited`(_ name: String, _ value: String, _ kept: String) throws {
        let test = try TestStore(nil)
        let report = try test.run(PolicyChange(name: name, value: value, reason: "because"))
        #expect(report.changed == 1)
        try test.read { reader in
            #expect(reader.policies.value(name) == kept)
            let event = try #require(try reader.auditHead())
            #expect(event.verb == "policy.set" && event.target == "\(name)=\(kept)" && event.reason == "because")
        }
        #expect(try test.run(PolicyChange(name: name, value: value, reason: nil)).unchanged == 1)
    }

    /// What `policy set` refuses is not acted by where it was written into the file.
    @Test(arguments: [("session.limit", "garbage"), ("session.limit", "0"), ("session.limit.action", "oldest")])
    func `a limit that cannot be read limits`(_ name: String, _ value: String) throws {
        let test = try TestStore()
        try test.set("session.limit", "1")
        try test.logIn()
        try test.write(policy: name, "\(value)")
        #expect(try failure { try test.logIn() } == .untrusted)
        try test.set(name, name == "session.limit" ? "1" : "refuse")
        #expect(try test.read { $0.policies.isValid(name) })
    }

    @Test func `no token lives longer than the longest range, whatever stands in the file`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        try test.write(policy: "access.ttl.max", "'900d'")
        try test.write(policy: "access.ttl", "'800d'")
        #expect(try failure { _ = try test.issue(session: login) } == .untrusted)
        #expect(try failure { _ = try test.logInWithTokens() } == .untrusted)
        // Each can be mended before the other.
        try test.set("access.ttl.max", "1h")
        try test.set("access.ttl", "10m")
        #expect(try test.issue(session: login) != nil)
    }

    @Test(arguments: PolicyDefinition.all.map(\.name), ["''", "CAST(X'C328' AS TEXT)", "'a' || char(10)"] as [SQL])
    func `every policy says that it is wrong, stops no logout, and is mended`(_ name: String, _ value: SQL) throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.write(policy: name, value)
        let setting = try test.read { try $0.policySetting(name) }
        #expect(setting.isSet && !setting.isValid)
        let finding = try test.store.diagnose(.instant).findings.first { $0.check == "policies" }
        #expect(finding?.answer == .critical && finding?.isUntrusted == true && finding?.text.contains(name) == true)
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: "drill"))
        #expect(try test.state(login) == .ended)
        #expect(try test.run(PolicyChange(name: name, value: nil, reason: nil)).changed == 1)
        #expect(try test.read { $0.policies.wrong.isEmpty })
        #expect(try test.store.diagnose(.instant).findings.first { $0.check == "policies" }?.answer == .ok)
    }

    @Test func `a policy that there is not is told`() throws {
        let test = try TestStore()
        try test.write(policy: "session.limits", "'3'")
        let finding = try test.store.diagnose(.instant).findings.first { $0.check == "policies" }
        #expect(finding?.answer == .critical && finding?.text.contains("session.limits") == true)
    }

    @Test func `a policy goes back to its standard value, once`() throws {
        let test = try TestStore(nil)
        try test.set("access.ttl", "5m")
        #expect(try test.run(PolicyChange(name: "access.ttl", value: nil, reason: nil)).changed == 1)
        #expect(try test.read { !$0.policies.isSet("access.ttl") && $0.policies.value("access.ttl") == "15m" })
        #expect(try test.run(PolicyChange(name: "access.ttl", value: nil, reason: nil)).unchanged == 1)
    }

    @Test(arguments: ["token.issuer", "token.audience"])
    func `another issuer or audience says how many tokens it refuses`(_ name: String) throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let act = PolicyChange(name: name, value: "https://new.example", reason: nil)
        #expect(try test.preview(act).notes.contains { $0.contains("at most 1 unexpired access token stops") })
        #expect(try test.run(act).lines.contains { $0.contains("stops verifying here") })
        #expect(try test.verify(login.access?.text) != .active)
        #expect(try test.preview(PolicyChange(name: "access.ttl", value: "5m", reason: nil)).notes.count == 1)
    }

    @Test func `none takes an optional policy back`() throws {
        let test = try TestStore(nil)
        for name in ["session.limit", "jwks.file", "retention.audit"] {
            try test.set(name, "none")
            #expect(try test.read { $0.policies.value(name) } == "none")
        }
        try test.read { reader in
            let (limit, file) = (try reader.policies.sessionLimit, try reader.policies.keySetFile)
            #expect(limit == nil && file == nil)
        }
    }

    @Test func `the lifetime of access tokens never passes its longest`() throws {
        let test = try TestStore(nil)
        #expect(try failure { try test.set("access.ttl", "61m") } == .refused)
        #expect(try failure { try test.set("access.ttl.max", "14m") } == .refused)
        try test.set("access.ttl.max", "2h")
        try test.set("access.ttl", "2h")
        #expect(try test.read { try $0.policies.accessTTL } == .hours(2))
    }

    @Test func `there is no policy of another name`() throws {
        let test = try TestStore(nil)
        #expect(try failure { try test.set("session.color", "blue") } == .notFound)
    }

    @Test func `lifetimes are recorded at birth`() throws {
        let test = try TestStore()
        let before = try test.logIn()
        try test.set("session.idle", "5m")
        let after = try test.logIn("bob")
        #expect(try test.session(before).idleTimeout == .hours(1))
        #expect(try test.session(after).idleTimeout == .minutes(5))
        test.advance(.minutes(6))
        #expect(try test.state(before) == .active)
        #expect(try test.state(after) == .idleExpired)
    }
}

extension TestStore {
    /// As nobody should: past the range, and past the audit record.
    fileprivate func write(policy name: String, _ value: SQL) throws {
        try tamper("INSERT OR REPLACE INTO policy VALUES (\(name), \(value), 1)")
    }
}
