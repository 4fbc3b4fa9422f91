import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite("restore where the store is lost, or cannot be believed") struct RestoreReplacingTests {
    private func reopen<T>(_ test: TestStore, _ body: (Store) throws -> T) throws -> T {
        let store = try test.reopened()
        defer { try? store.close() }
        return try body(store)
    }

    private func verdict(_ token: String?, _ store: Store) throws -> Verdict {
        try store.read { try $0.verify(Array((token ?? "").utf8), Expectations()).verdict }
    }

    @Test func `everyone is logged out, and every key that verifies is revoked and replaced`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let old = try test.read { try $0.signingSchedule().keys.map(\.kid) }
        _ = try test.backUp()
        let since = try test.logInWithTokens("since")
        try test.lose()
        test.advance(.minutes(1))
        let report = try test.restore()
        try reopen(test) { (store) throws in
            #expect(try store.read { $0.facts.epoch } == 2)
            #expect(try store.read { try $0.verifyAudit().broken == nil })
            #expect(try store.read { try $0.session(named: login.session.id.text).state(at: $0.now) } == .loggedOut)
            #expect(try test.refresh(login.refreshToken, on: store).refusal == .loggedOut)
            #expect(try verdict(login.access?.text, store) == .inactive(.keyRevoked))
            #expect(try verdict(since.access?.text, store) == .inactive(.keyRevoked), "of a login nobody knows")
            let signer = try #require(try store.read { try $0.signingSchedule().signer(at: $0.now)?.key.kid })
            #expect(!old.contains(signer))
            let next = try store.logIn(Login(user: "next", client: nil), as: test.actor)
            #expect(next.session.id.row > since.session.id.row + 1000, "a public id names one login for ever")
            #expect(
                try store.diagnose(.deep).findings.filter { $0.answer == .critical }.map(\.check) == ["key_set_file"])
            #expect(try test.publishedKids() == old, "until somebody says so")
            try store.run(KeyPublication(), as: test.actor)
            #expect(try test.publishedKids().contains(signer) && Set(try test.publishedKids()).isDisjoint(with: old))
            #expect(try store.diagnose(.deep).findings.filter { $0.answer == .critical }.map(\.check) == [])
        }
        #expect(report.details.first { $0.name == "keys_revoked" }?.value.arrayValue?.count == 2)
        #expect(Files.mode(of: test.path) == 0o600)
        #expect(try test.names == ["tokens.db", "tokens.jwks.json", "master.key", "copy.db"])
    }

    /// What the file holds together around: no verb that comes there can read it.
    @Test(
        arguments: [
            "UPDATE client SET floor_at = 9000000000000000", "UPDATE session SET created_at = -1",
            "UPDATE user SET subject = CAST(X'C328' AS TEXT)", "UPDATE signing_key SET alg = 'XX'",
            "UPDATE signing_key SET created_at = -1", "UPDATE refresh_family SET generation = 0",
            "UPDATE deny_rule SET issued_before = -1", "UPDATE publication SET at = -1",
            "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'session'",
        ] as [SQL])
    func `rows that cannot be read are told, are no backup, and nothing of them is carried over`(_ sql: SQL) throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        _ = try test.backUp()
        try test.tamper(sql)
        let finding = try #require(try test.store.diagnose(.deep).findings.first { $0.check == "values" })
        #expect(finding.answer == .critical && finding.isUntrusted && finding.hint != nil, "\(finding)")
        #expect(try failure { _ = try test.store.backUp(to: test.folder + "/other.db") } == .untrusted)
        try test.store.close()
        test.advance(.minutes(1))
        try test.restore()
        try reopen(test) { (store) throws in
            #expect(try store.diagnose(.deep).findings.filter { $0.answer == .critical }.map(\.check) == [])
            #expect(try store.read { try $0.session(named: login.session.id.text).state(at: $0.now) } == .loggedOut)
            #expect(try verdict(login.access?.text, store) == .inactive(.keyRevoked))
            let next = try store.logIn(Login(user: "next", client: nil), as: test.actor)
            #expect(next.session.id.row > login.session.id.row + 1000, "a public id names one login for ever")
        }
    }

    @Test func `an application that has it open goes on with the one in its place, and writes nothing into the other`()
        async throws
    {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.backUp()
        var options = TokenStore.Options()
        options.clock = test.clock.clock
        let application = try await TokenStore.open(
            at: test.path, masterKeyFile: test.folder + "/master.key", options: options)
        #expect(try await application.checkSession(login.sessionToken).session != nil)
        try test.lose()
        for attempt in [0, 1] {
            await #expect("attempt \(attempt)") { try await application.logIn(LoginRequest(user: "lost")) } throws: {
                ($0 as? Failure)?.kind == .absent
            }
        }
        test.advance(.minutes(1))
        try test.restore()
        #expect(try await application.checkSession(login.sessionToken) == .inactive(.loggedOut))
        guard case .inactive(.keyRevoked) = try await application.verify(login.access?.text ?? "") else {
            Issue.record("a reader still knows the keys of before")
            return
        }
        var request = LoginRequest(user: "next")
        request.withTokens = true
        let next = try await application.logIn(request)
        guard case .active = try await application.verify(next.tokens?.accessToken ?? "", online: true) else {
            Issue.record("what it signs is not accepted")
            return
        }
        try await application.close()
        try reopen(test) { (store) throws in
            #expect(try store.read { try $0.sessions(.init(), limit: 9).items.map(\.user) } == ["next"])
            #expect(
                try store.diagnose(.deep).findings.filter { $0.answer == .critical }.map(\.check) == ["key_set_file"])
        }
        await #expect(throws: Failure.self) { try await application.checkSession(login.sessionToken) }
    }

    @Test func `who declines it gets the backup as it was, in a new epoch`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let signer = try test.signer
        _ = try test.backUp()
        try test.lose()
        test.advance(.minutes(1))
        try test.restore {
            $0.keepsLogins = true
            $0.keepsKeys = true
        }
        try reopen(test) { (store) throws in
            let state = try store.read { try $0.session(named: login.session.id.text).state(at: $0.now) }
            #expect(state == .active)
            #expect(try test.refresh(login.refreshToken, on: store).pair.session.user == "alice")
            #expect(try store.read { try $0.signingSchedule().signer(at: $0.now)?.key.kid } == signer)
            #expect(try store.read { $0.facts.epoch } == 2)
        }
    }

    @Test func `with the keys kept, tokens that the backup does not know of stay denied as long as any can live`()
        throws
    {
        let test = try TestStore()
        _ = try test.logInWithTokens()
        _ = try test.backUp()
        try test.set("access.ttl.max", "1d")
        try test.set("access.ttl", "20h")
        let since = try test.logInWithTokens("since")
        try test.lose()
        test.advance(.minutes(1))
        try test.restore { $0.keepsKeys = true }
        for wait in [Duration.zero, .hours(2), .hours(12)] {
            test.advance(wait)
            try reopen(test) { (store) throws in
                #expect(try verdict(since.access?.text, store) == .inactive(.deniedEveryone))
                var options = Cleanup.Options()
                options.olderThan = .zero
                _ = try Cleanup(options).run(store, as: test.actor)
                #expect(try store.read { try $0.denyRule(.everyone, "") } != nil, "cleanup forgot it")
            }
        }
    }

    @Test(arguments: ["DELETE FROM audit_event WHERE seq = 1", "DROP VIEW denied", "UPDATE audit_event SET uid = 7"])
    func `a database that was altered is not believed, and is kept`(statement: String) throws {
        let test = try TestStore()
        let login = try test.logIn()
        _ = try test.backUp()
        try test.store.close()
        try sqlite(test.path, statement)
        test.advance(.minutes(1))
        let report = try test.restore()
        try reopen(test) { (store) throws in
            #expect(try store.read { try $0.session(named: login.session.id.text).state(at: $0.now) } == .loggedOut)
        }
        let kept = try test.names.filter { $0.hasPrefix("tokens.db.before-") }.only
        #expect(report.details.first { $0.name == "kept_as" }?.value == .string(test.folder + "/" + kept))
        #expect(try test.names == ["tokens.db", "tokens.jwks.json", "master.key", "copy.db", kept])
    }

    @Test func `the backup of another store does not take the place of one that cannot be believed`() throws {
        let test = try TestStore()
        let other = try TestStore()
        _ = try other.backUp()
        try test.tamper("UPDATE audit_event SET uid = 7")
        let before = try test.names
        #expect(try failure { try test.restore(other.copyPath) } == .refused)
        #expect(try test.names == before)
    }

    @Test func `the log of what makes way goes with it, and never into what takes its place`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        try test.logIn("in the log")
        let files = ["", "-wal"].map { test.path + $0 }
        let bytes = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(bytes[1].count > 1000)
        try test.store.close()
        try zip(files, bytes).forEach { try $1.write(to: URL(fileURLWithPath: $0)) }
        try sqlite(test.path, "UPDATE audit_event SET uid = 7", closing: false)
        test.advance(.minutes(1))
        try test.restore()
        let restored = try reopen(test) {
            try $0.read { try $0.sql.value("SELECT count(*) FROM session", as: Int.self) }
        }
        #expect(restored == 0)
        let kept = try test.names.filter { $0.hasPrefix("tokens.db.before-") && !$0.hasSuffix("-wal") }.only
        let was = try Store.open(
            at: test.folder + "/" + kept, clock: test.clock.clock, masterKey: test.masterKey)
        defer { try? was.close() }
        #expect(try was.read { try $0.sql.value("SELECT count(*) FROM session", as: Int.self) } == 1)
    }

    private func path(_ name: String, _ report: Report) -> String? {
        report.details.first { $0.name == name }?.value.stringValue
    }

    /// A drill beside the live store reads its policies, and so the name of the live store's file, from the backup.
    @Test(arguments: [false, true])
    func `where no store was, a key set that is there stays as it is`(hasRotatedSince: Bool) throws {
        let test = try TestStore()
        _ = try test.backUp()
        test.waitUntilKeysAreKnown()
        if hasRotatedSince { try test.rotate() }
        let live = try InputFile.read(test.keySetPath, limit: 1 << 20)
        let preparation = try RestorePreparation(
            from: test.copyPath, over: test.folder + "/drill.db", options: .init(), clock: test.clock.clock,
            masterKey: test.masterKey)
        defer { preparation.end() }
        let draft = try preparation.openDraft()
        let act = try RestoreReplacing(preparation, .init(), in: draft)
        let told = "\(test.keySetPath) is there and stays as it is"
        let notes = try draft.read { act.preview(try act.decide($0)).notes }
        #expect(notes.contains { $0.hasPrefix(told) && $0.contains("tokenctl key publish") })
        let report = try draft.run(act, as: test.actor)
        #expect(try InputFile.read(test.keySetPath, limit: 1 << 20) == live)
        #expect(path("key_set_left", report) == test.keySetPath && path("key_set_file", report) == nil)
        let drill = try preparation.openPlaced()
        defer { try? drill.close() }
        #expect(try drill.diagnose(.instant).findings.contains { $0.check.hasPrefix("key_set") && $0.answer > .ok })
        try drill.run(KeyPublication(), as: test.actor)
        #expect(try InputFile.read(test.keySetPath, limit: 1 << 20) != live, "said aloud, it is written")
    }

    @Test func `where no file is, or a store stood that cannot be believed, the key set is written and named`() throws {
        for isLost in [false, true] {
            let test = try TestStore()
            _ = try test.backUp()
            try test.tamper("UPDATE audit_event SET uid = 7")
            if isLost {
                try test.lose()
                try FileManager.default.removeItem(atPath: test.keySetPath)
            }
            let preparation = try RestorePreparation(
                from: test.copyPath, over: test.path, options: .init(), clock: test.clock.clock,
                masterKey: test.masterKey)
            defer { preparation.end() }
            let draft = try preparation.openDraft()
            let act = try RestoreReplacing(preparation, .init(), in: draft)
            let notes = try draft.read { act.preview(try act.decide($0)).notes }
            #expect(notes.contains("the key set is written to \(test.keySetPath)"))
            let report = try draft.run(act, as: test.actor)
            #expect(path("key_set_file", report) == test.keySetPath && path("key_set_left", report) == nil)
            let signer = try reopen(test) { try $0.read { try $0.signingSchedule().signer(at: $0.now)?.key.kid } }
            #expect(try test.publishedKids().contains(try #require(signer)))
        }
    }

    @Test func `with the keys kept there is no new key set to write`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        try test.lose()
        let report = try test.restore { $0.keepsKeys = true }
        #expect(path("key_set_left", report) == nil && path("key_set_file", report) == nil)
    }

    @Test func `without the master key no new key can be made, and nothing happens unless that is declined`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        try test.lose()
        let wrong = MasterKeySource(places: [.init(path: test.folder + "/other.key", isNamed: true)])
        _ = try wrong.createIfMissing()
        let before = try test.names
        #expect(try failure { try test.restore(masterKey: wrong) } == .notPermitted)
        #expect(try test.names == before)
        try test.restore(masterKey: wrong) { $0.keepsKeys = true }
        #expect(try reopen(test) { try $0.read { $0.facts.epoch } } == 2)
    }

    @Test func `something else in its place is not replaced`() throws {
        let test = try TestStore()
        _ = try test.backUp()
        try test.lose()
        try Data("a letter".utf8).write(to: URL(fileURLWithPath: test.path))
        #expect(try failure { try test.restore() } == .malformed)
        #expect(try Data(contentsOf: URL(fileURLWithPath: test.path)) == Data("a letter".utf8))
        try FileManager.default.removeItem(atPath: test.path)
        try FileManager.default.createSymbolicLink(atPath: test.path, withDestinationPath: "elsewhere.db")
        #expect(try failure { try test.restore() } == .notPermitted)
    }

    @Test func `imported keys are revoked too, and a store without keys stays without`() throws {
        let test = try TestStore(nil)
        let app = try ForeignApp(.es256)
        try app.importKey(into: test, until: test.now + .days(9))
        _ = try test.backUp()
        try test.lose()
        try test.restore()
        try reopen(test) { (store) throws in
            #expect(try store.read { try $0.key(named: "legacy").revokedAt } != nil)
            #expect(try store.read { try $0.signingSchedule().keys.isEmpty })
        }
    }

    /// As somebody with the file would.
    private func sqlite(_ path: String, _ statement: String, closing: Bool = true) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let program = """
            import os, sqlite3, sys
            database = sqlite3.connect(sys.argv[1], isolation_level=None)
            database.execute(sys.argv[2])
            if sys.argv[3] == "close": database.close()
            os._exit(0)
            """
        process.arguments = ["python3", "-c", program, path, statement, closing ? "close" : "leave"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
