import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct DenylistImportTests {
    private func export(_ test: TestStore, _ format: SnapshotFormat = .ndjson) throws -> [UInt8] {
        try test.read { try DenylistExport(format).make($0).bytes }
    }

    private func rules(_ test: TestStore) throws -> [String] {
        try test.read { try $0.denyRules(descending: false, limit: 10_000).items.map(\.subject) }
    }

    @Test(arguments: [SnapshotFormat.ndjson, .json, .csv])
    func `rules that were lost come back, and none that is there gets shorter`(_ format: SnapshotFormat) throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        test.advance(.seconds(5))
        try test.run(DenylistAddition(.user("alice"), reason: "INC-1"))
        try test.run(DenylistAddition(.tokenIDs(["a", "b,c"]), expires: test.now + .hours(9), reason: nil))
        let bytes = try export(test, format)
        let before = try #require(try test.read { try $0.denyRule(.user, "alice") })
        try test.run(DenylistRemoval(["2", "3"], reason: nil))
        test.advance(.minutes(1))
        try test.run(DenylistAddition(.user("alice"), reason: "INC-2"))
        let report = try test.run(DenylistImport(SnapshotText(bytes), reason: "back"))
        #expect(report.changed == 2 && report.unchanged == 1 && report.failed == 0)
        let alice = try #require(try test.read { try $0.denyRule(.user, "alice") })
        let (cutOff, until) = (try #require(before.issuedBefore), try #require(before.matchesUntil))
        #expect(alice.issuedBefore.map { $0 > cutOff } == true && alice.matchesUntil.map { $0 >= until } == true)
        #expect(alice.reason == "INC-2")
        #expect(try rules(test) == ["user alice", "token a", "token b,c"])
        #expect(try test.verify(login.access?.text) == .inactive(.deniedUser))
        let again = try test.run(DenylistImport(SnapshotText(bytes), reason: nil))
        #expect(again.changed == 0 && again.unchanged == 3)
        #expect(try test.auditVerbs.filter { $0 == "denylist.import" }.count == 2)
    }

    @Test func `what another store denies is taken over where its identity is trusted`() throws {
        let (here, there) = (try TestStore(), try TestStore())
        _ = try there.logInWithTokens("bob", client: "shop")
        try there.run(FloorLogout(.clients(["shop"]), reason: nil))
        let bytes = try export(there)
        #expect(try failure { try here.run(DenylistImport(SnapshotText(bytes), reason: nil)) } == .refused)
        #expect(try here.count("deny_rule") == 0)
        let trusted = try there.read { try $0.identity().thumbprint }
        try here.run(DenylistImport(SnapshotText(bytes), trusting: trusted, reason: nil))
        let rule = try #require(try here.read { try $0.denyRule(.client, "shop") })
        // The floor of the other store is a rule here, and goes when no token of ours is left that it could match.
        #expect(rule.issuedBefore != nil && rule.matchesUntil != nil)
    }

    @Test func `a rule from elsewhere outlives the tokens that are here`() throws {
        let (here, there) = (try TestStore(), try TestStore())
        let mine = try here.logInWithTokens("alice")
        try there.run(DenylistAddition(.user("alice"), reason: nil))
        let trusted = try there.read { try $0.identity().thumbprint }
        try here.run(DenylistImport(SnapshotText(try export(there)), trusting: trusted, reason: nil))
        #expect(try here.verify(mine.access?.text) == .inactive(.deniedUser))
        here.clock.now = try #require(mine.access?.expiry) - .seconds(1)
        try here.cleanUp()
        #expect(try here.verify(mine.access?.text) == .inactive(.deniedUser))
    }

    /// A snapshot of any rules, signed by the store as its own.
    private func signed(
        _ test: TestStore, _ rules: [SnapshotRule], extra: String = "", as kind: StatementKind = .denylist
    ) throws -> [UInt8] {
        try test.read { reader in
            let key = try reader.identityKey()
            let head = SnapshotHead(
                store: reader.facts.storeID, epoch: 1, version: 1, generatedAt: reader.now.seconds,
                expiresAt: reader.now.seconds + 60, identity: key.identity.jwk.json()["x"]?.stringValue ?? "")
            var writer = SnapshotWriter(.ndjson, head, rules: rules.count)
            for rule in rules { writer.add(rule) }
            let content = writer.bytes + Array(extra.utf8)
            let signature = try JWSSigner(algorithm: .edDSA, privateJWK: key.privateHalf).sign(
                detached: content[...], header: [.init("typ", .string(kind.rawValue))])
            return content + Array("{\"signature\":\"\(signature)\"}\n".utf8)
        }
    }

    @Test func `what the store signed as something else is no snapshot`() throws {
        let test = try TestStore()
        let trusted = try test.read { try $0.identity().thumbprint }
        let rules = [SnapshotRule(.user, "mallory", issuedUntil: nil, matchesUntil: nil)]
        try SnapshotText(signed(test, rules)).verify(trusting: trusted)
        for kind in [StatementKind.auditCheckpoint, .auditAnchor] {
            let other = try SnapshotText(signed(test, rules, as: kind))
            #expect(try failure { try other.verify(trusting: trusted) } == .untrusted)
        }
    }

    @Test func `what cannot be taken over stops all of it, or is skipped and told`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        let second = test.now.seconds
        let bytes = try signed(
            test,
            [
                SnapshotRule(.token, "good", issuedUntil: nil, matchesUntil: second + 60),
                SnapshotRule(.user, "no-cut-off", issuedUntil: nil, matchesUntil: nil),
                SnapshotRule(.key, signer, issuedUntil: nil, matchesUntil: nil),
                SnapshotRule(.everyone, "", issuedUntil: second + 3600, matchesUntil: nil),
                SnapshotRule(.token, "", issuedUntil: nil, matchesUntil: nil),
                SnapshotRule(.token, "a\u{0}b", issuedUntil: nil, matchesUntil: nil),
                SnapshotRule(.client, "web", issuedUntil: second, matchesUntil: nil),
            ], extra: #"{"scope":"galaxy","value":"x","issued_until":null,"matches_until":null}"# + "\n")
        let snapshot = try SnapshotText(bytes)
        #expect(try failure { try test.run(DenylistImport(snapshot, reason: nil)) } == .malformed)
        #expect(try test.count("deny_rule") == 0)
        let report = try test.run(DenylistImport(snapshot, onError: .skip, reason: nil))
        #expect(report.changed == 2 && report.failed == 6 && report.matched == 8)
        #expect(report.lines.contains { $0.hasPrefix("line 4 left out: key \(signer)") })
        #expect(report.lines.contains { $0.hasPrefix("line 9 left out: it does not read") })
        #expect(try rules(test) == ["token good", "client web"])
    }

    @Test func `many are taken over in batches, under one event`() throws {
        let test = try TestStore()
        let second = test.now.seconds
        let many = (0..<250).map { SnapshotRule(.token, "jti-\($0)", issuedUntil: nil, matchesUntil: second + 600) }
        let report = try test.run(DenylistImport(SnapshotText(signed(test, many)), reason: nil, batch: 100))
        #expect(report.changed == 250 && report.lines.first == "250 rules taken over")
        #expect(try test.count("deny_rule") == 250)
        #expect(try test.count("deny_rule WHERE audit_seq = \(report.audit)") == 250)
        #expect(try test.auditVerbs.filter { $0 == "denylist.import" }.count == 1)
    }

    @Test func `a batch that fails leaves those before it, and says how far it came`() throws {
        let test = try TestStore()
        let second = test.now.seconds
        let many = (0..<250).map { SnapshotRule(.token, "jti-\($0)", issuedUntil: nil, matchesUntil: second + 600) }
        let act = DenylistImport(try SnapshotText(signed(test, many)), reason: nil, batch: 100)
        try test.tamper(
            "CREATE TRIGGER full BEFORE INSERT ON deny_rule WHEN NEW.value = 'jti-220' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        #expect(try failure { try test.run(act) } == .partial)
        #expect(try test.count("deny_rule") == 200)
        try test.tamper("DROP TRIGGER full")
        #expect(try test.run(act).changed == 50)
    }

    @Test func `a rule that is over is not taken`() throws {
        let test = try TestStore()
        let old = SnapshotRule(.token, "old", issuedUntil: nil, matchesUntil: test.now.seconds - 3600)
        #expect(try test.run(DenylistImport(SnapshotText(signed(test, [old])), reason: nil)).unchanged == 1)
        #expect(try test.count("deny_rule") == 0)
    }

    @Test(arguments: [
        "", "\n", "hello\n", "{}\n{}\n", "# x\n# signature: a..b\n", "denies\n,,\n",
        "{\"schema\":\"x\",\"rules\":[\n],\n\"signature\":\"a..b\"}\n",
    ])
    func `what is no snapshot is malformed`(_ text: String) throws {
        #expect(try failure { _ = try SnapshotText(Array(text.utf8)) } == .malformed)
    }
}
