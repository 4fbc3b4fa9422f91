import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

extension TestStore {
    var copyPath: String { folder + "/copy.db" }

    func backUp() throws -> Backup { try store.backUp(to: copyPath) }

    /// As `backup restore` does it, without asking anyone.
    @discardableResult
    func restore(
        _ file: String? = nil, masterKey: MasterKeySource? = nil, _ change: (inout RestoreOptions) -> Void = { _ in }
    ) throws -> Report {
        var options = RestoreOptions()
        options.reason = "INC-31"
        change(&options)
        let preparation = try RestorePreparation(
            from: file ?? copyPath, over: path, options: .init(), clock: clock.clock,
            masterKey: masterKey ?? self.masterKey)
        defer { preparation.end() }
        guard case .sound = preparation.present else {
            let draft = try preparation.openDraft()
            defer { try? draft.close() }
            return try draft.run(RestoreReplacing(preparation, options, in: draft), as: actor)
        }
        let merging = RestoreMerging(preparation, options)
        return try Failure.translating { try store.database.attaching(merging.besidePath) { try run(merging) } }
    }

    /// The file goes, as with the disk it was on.
    func lose() throws {
        try store.close()
        try FileManager.default.removeItem(atPath: path)
    }

    var names: Set<String> { get throws { Set(try FileManager.default.contentsOfDirectory(atPath: folder)) } }
}

@Suite("restore over a store that holds together") struct RestoreMergingTests {
    @Test func `what was ended since the backup stays ended, and what began since ends`() throws {
        let test = try TestStore()
        let kept = try test.logInWithTokens("kept")
        let revoked = try test.logInWithTokens("revoked")
        let client = try test.logIn("of a client", client: "tv")
        _ = try test.backUp()
        test.advance(.minutes(1))
        try test.run(SessionRevocation(.ids([revoked.session.id.text]), reason: "stolen"))
        try test.run(FloorLogout(.clients(["tv"]), reason: "compromised"))
        let since = try test.logInWithTokens("since")
        let report = try test.restore()
        #expect(try test.state(kept) == .active && test.state(revoked) == .ended && test.state(client) == .loggedOut)
        #expect(try test.state(since) == .ended && test.session(since).end?.reason == "restored")
        #expect(try test.verify(kept.access?.text) == .active)
        #expect(try test.verify(revoked.access?.text) == .inactive(.deniedSession))
        #expect(try test.verify(since.access?.text) == .inactive(.deniedSession))
        #expect(try test.refresh(since.refreshToken).refusal == .ended)
        #expect(report.details.first { $0.name == "sessions_ended" }?.value == .integer(1))
        #expect(report.stillValidUntil == since.access?.expiry)
        let login = try test.logIn("later")
        #expect(login.session.id.row > since.session.id.row, "a public id names one login for ever")
    }

    @Test func `a spent refresh token stays spent, a replay stays seen, and the newest one goes on`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens("alice")
        let other = try test.logInWithTokens("bob")
        _ = try test.backUp()
        test.advance(.minutes(1))
        let next = try test.refresh(login.refreshToken).pair
        _ = try test.refresh(other.refreshToken).pair
        test.advance(.minutes(1))
        #expect(try test.refresh(other.refreshToken).refusal == .replayed)
        try test.restore()
        #expect(try test.refresh(next.refreshToken).pair.family == next.family)
        test.advance(.minutes(1))
        #expect(try test.refresh(login.refreshToken).refusal == .replayed, "by the backup it is the newest")
        #expect(try test.state(other) == .ended && test.family(other).replays == 1)
    }

    @Test func `keys stay as they are: revoked, destroyed, rotated, published`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        _ = try test.backUp()
        test.waitUntilKeysAreKnown()
        try test.rotate()
        test.waitUntilKeysAreKnown()
        test.advance(.hours(2))
        try test.cleanUp()
        let second = try #require(try test.signer)
        try test.revokeKey(second, replacing: true)
        let before = try test.read { try $0.allKeys() }
        try test.restore()
        let after = try test.read { try $0.allKeys() }
        #expect(after.map(\.kid) == before.map(\.kid) && after.map(\.sealed) == before.map(\.sealed))
        #expect(try test.keyState(second) == .revoked && test.key(first).sealed == nil)
        #expect(try test.signer != first && test.signer != second)
    }

    @Test func `policies and lifted rules come back, and rules added since stay`() throws {
        let test = try TestStore()
        try test.set("access.ttl", "5m")
        try test.run(DenylistAddition(.user("mallory"), expires: test.now + .hours(5), reason: nil))
        try test.run(DenylistAddition(.tokenIDs(["gone"]), expires: test.now + .minutes(2), reason: nil))
        _ = try test.backUp()
        try test.set("access.ttl", "10m")
        try test.set("session.limit", "3")
        let rules = try test.read { try $0.denyRules(limit: 10).items.map { String($0.id) } }
        try test.run(DenylistRemoval(rules, reason: nil))
        try test.run(DenylistAddition(.user("eve"), expires: test.now + .hours(5), reason: nil))
        test.advance(.minutes(10))
        let report = try test.restore()
        #expect(try test.read { try $0.policies.accessTTL } == .minutes(5))
        #expect(try test.read { try $0.policies.sessionLimit } == nil)
        let subjects = try test.read { try $0.denyRules(limit: 10).items.map(\.subject) }
        #expect(
            Set(subjects) == ["user mallory", "user eve"], "a rule that can match nothing any more does not come back")
        #expect(report.details.first { $0.name == "policies" }?.value == ["access.ttl", "session.limit"])
    }

    @Test(arguments: PolicyDefinition.all.map(\.name))
    func `a policy that nobody can act by does not keep it from being restored`(name: String) throws {
        let test = try TestStore()
        _ = try test.logInWithTokens()
        _ = try test.backUp()
        try test.tamper("INSERT OR REPLACE INTO policy VALUES (\(name), CAST(x'c3' AS TEXT), 1)")
        try #require(try test.read { $0.policies.wrong.map(\.name) } == [name])
        try test.restore()
        #expect(try test.read { $0.policies.wrong.isEmpty })
    }

    @Test func `a new epoch begins in the same audit record, and the database as it was is kept`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        let login = try test.logIn("since")
        let checkpoint = try test.read { try $0.auditCheckpoint() }
        try test.restore()
        try test.restore()
        let (epoch, verification) = try test.read { ($0.facts.epoch, try $0.verifyAudit()) }
        #expect(epoch == 3 && verification.broken == nil && verification.events == 4)
        #expect(try test.auditVerbs.suffix(2) == ["backup.restore", "backup.restore"])
        let event = try #require(try test.read { try $0.auditHead() })
        #expect(event.counts["epoch"] == 3 && event.counts["ended"] == 0 && event.reason == "INC-31")
        let thumbprint = try test.read { try $0.identity().thumbprint }
        let seen = try AuditCheckpoint(Array(checkpoint.text.utf8), trusting: thumbprint)
        #expect(try test.read { try $0.verifyAudit(against: seen).broken } == nil, "what it saw is still there")
        let kept = try test.names.filter { $0.hasPrefix("tokens.db.before-") }.sorted()
        #expect(kept.count == 2)
        let was = try Backup(verifying: test.folder + "/" + kept[0], clock: test.clock.clock, masterKey: test.masterKey)
        #expect(was.epoch == 1 && was.opens == true)
        let old = try Store.open(at: was.path, clock: test.clock.clock, masterKey: test.masterKey)
        defer { try? old.close() }
        #expect(try old.read { try $0.session(named: login.session.id.text).state(at: $0.now) } == .active)
        #expect(Files.mode(of: was.path) == 0o600)
        #expect(try test.names.contains("tokens.db.new") == false)
    }

    @Test
    func `rows that were lost come back unless they may have ended; those with refresh tokens may have been spent`()
        throws
    {
        let test = try TestStore()
        let cookie = try test.logIn("cookie")
        let tokens = try test.logInWithTokens("tokens")
        _ = try test.backUp()
        func loseRows() throws {
            try test.tamper("DELETE FROM refresh_family")
            try test.tamper("DELETE FROM session")
        }
        try loseRows()
        try test.restore()
        #expect(try test.state(cookie) == .active)
        #expect(throws: Failure.self) { try test.session(tokens) }
        try loseRows()
        try test.restore { $0.keepsLogins = true }
        #expect(try test.state(tokens) == .active && test.refresh(tokens.refreshToken).pair.session.user == "tokens")
        #expect(try test.read { try $0.wrongEntries() }.isEmpty)
        // Once a cleanup took rows away, a missing one may be one that had ended.
        let late = try test.logIn("late")
        try FileManager.default.removeItem(atPath: test.copyPath)
        _ = try test.backUp()
        try test.run(SessionRevocation(.ids([late.session.id.text]), reason: nil))
        test.advance(.seconds(1))
        try test.cleanUp { $0.olderThan = .zero }
        try test.restore()
        #expect(throws: Failure.self) { try test.session(late) }
    }

    @Test func `who asks for it ends no login`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        let since = try test.logInWithTokens("since")
        try test.restore { $0.keepsLogins = true }
        #expect(try test.state(since) == .active)
    }

    @Test func `a login that was only regenerated since lives on under its new id`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        _ = try test.backUp()
        test.advance(.minutes(1))
        let again = try test.store.regenerateSession(named: login.session.id.text, as: test.actor)
        try test.restore()
        #expect(try test.read { try $0.session(row: again.session.id.row)?.state(at: $0.now) } == .active)
    }

    @Test func `a verifier and an application that have it open see the restore`() async throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        var options = Verifier.Options()
        options.clock = test.clock.clock
        let verifier = try Verifier(
            reading: StoreLookout(path: test.path, masterKeyFile: options.masterKeyFile, clock: options.clock), options)
        _ = try test.backUp()
        let since = try test.logInWithTokens("since")
        let other = try test.reopened()
        defer { try? other.close() }
        #expect(try other.read { try $0.sessions(.init(), limit: 9).items.count } == 2)
        try test.restore()
        verifier.look()
        #expect(verifier.verify(login.access?.text ?? "").claims != nil)
        guard case .inactive(.deniedSession) = verifier.verify(since.access?.text ?? "").verdict else {
            Issue.record("the verifier still takes it")
            return
        }
        #expect(try other.read { ($0.facts.epoch, try $0.sessions(.init(), limit: 9).items.count) } == (2, 1))
        #expect(try other.logIn(Login(user: "next", client: nil), as: test.actor).session.user == "next")
    }

    @Test func `a database that does not go on from the backup is refused`() throws {
        let test = try TestStore()
        let first = try test.store.backUp(to: test.folder + "/first.db")
        try test.set("access.ttl", "5m")
        test.advance(.minutes(1))
        _ = try test.backUp()
        // Somebody copies the older one into place.
        try test.lose()
        try FileManager.default.copyItem(atPath: first.path, toPath: test.path)
        let put = try test.reopened()
        defer { try? put.close() }
        let preparation = try RestorePreparation(
            from: test.copyPath, over: test.path, options: .init(), clock: test.clock.clock, masterKey: test.masterKey)
        defer { preparation.end() }
        let merging = RestoreMerging(preparation, .init())
        func attempt() throws {
            try put.database.attaching(merging.besidePath) { _ = try put.run(merging, as: test.actor) }
        }
        #expect(try failure(attempt) == .refused, "older")
        _ = try put.logIn(Login(user: "a", client: nil), as: test.actor)
        _ = try put.run(PolicyChange(name: "session.limit", value: "5", reason: nil), as: test.actor)
        test.advance(.minutes(1))
        _ = try put.logIn(Login(user: "b", client: nil), as: test.actor)
        #expect(try failure(attempt) == .refused, "as long, and another record")
        #expect(try put.read { $0.facts.epoch } == 1)
    }

    @Test func `nothing is changed or left where it fails`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        try test.logIn("since")
        let other = try TestStore()
        _ = try other.backUp()
        let before = try test.names
        let audit = try test.auditVerbs
        #expect(try failure { try test.restore(other.copyPath) } == .refused, "another store's")
        #expect(try failure { try test.restore(test.path) } == .refused, "itself")
        #expect(try failure { try test.restore(test.folder + "/none.db") } == .absent)
        #expect(try failure { try test.restore(test.keySetPath) } == .malformed)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: test.copyPath))
        let place = try #require(bytes.range(of: Data("tester".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: test.folder + "/altered.db"))
        #expect(try failure { try test.restore(test.folder + "/altered.db") } == .untrusted)
        // The number of steps, in the file's header: one more than this program has.
        bytes[place.lowerBound] ^= 1
        bytes[63] += 1
        try bytes.write(to: URL(fileURLWithPath: test.folder + "/newer.db"))
        #expect(try failure { try test.restore(test.folder + "/newer.db") } == .configuration)
        for name in ["altered.db", "newer.db"] { try FileManager.default.removeItem(atPath: test.folder + "/" + name) }
        // Another makes or restores it just now.
        let preparation = try RestorePreparation(
            from: test.copyPath, over: test.path, options: .init(), clock: test.clock.clock, masterKey: test.masterKey)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try test.store.database.attaching(RestoreMerging(preparation, .init()).besidePath) {
                try test.store.write(as: test.actor) { writer in
                    let merging = RestoreMerging(preparation, .init())
                    _ = try merging.apply(try merging.decide(writer), writer)
                    throw Stop()
                }
            }
        }
        preparation.end()
        #expect(try test.names == before && test.auditVerbs == audit)
        #expect(try test.read { $0.facts.epoch } == 1)
    }
}
