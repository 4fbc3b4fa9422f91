import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct AuditChainTests {
    /// A store with a handful of acts behind it.
    private func store() throws -> TestStore {
        let test = try TestStore()
        for user in ["a", "b", "c", "d"] {
            let login = try test.logIn(user)
            test.advance(.minutes(1))
            try test.run(SessionRevocation(.ids([login.session.id.text]), reason: "ticket of \(user)"))
        }
        #expect(try test.count("audit_event") == 6)
        return test
    }

    private func fault(_ test: TestStore) throws -> Int64? { try test.read { try $0.verifyAudit().broken?.seq } }

    @Test func `each act is one event, with who, what and how much`() throws {
        let test = try store()
        #expect(
            try test.auditVerbs == [
                "init", "key.publish", "session.revoke", "session.revoke", "session.revoke", "session.revoke",
            ])
        let event = try #require(try test.read { try $0.auditHead() })
        #expect(event.actor == test.actor && event.reason == "ticket of d")
        #expect(event.counts == ["sessions": 1])
        let verification = try test.read { try $0.verifyAudit() }
        #expect(verification.broken == nil && verification.events == 6 && verification.head == event.hash)
    }

    @Test func `logins and refreshes are facts, not events`() throws {
        let test = try TestStore()
        let events = try test.count("audit_event")
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        _ = try test.issue(session: login)
        #expect(try test.count("audit_event") == events)
    }

    @Test(
        arguments: [
            "at = at + 1", "actor = 'mallory'", "uid = 0", "verb = 'session.show'", "target = 'ses_00000000'",
            "target = NULL", "reason = 'tidy'", "reason = NULL", "counts = '{}'", "counts = '{\"sessions\":2}'",
            "counts = '{\"sessions\":1,\"note\":\"x\"}'", "counts = '{\"sessions\":1,\"n\":1.5}'", "counts = 'x'",
            "hash = zeroblob(32)", "hash = x''", "hash = zeroblob(31)", "hash = CAST(hash || x'00' AS BLOB)",
            "actor = CAST(x'c3' || substr(CAST(actor AS BLOB), 2) AS TEXT)", "verb = CAST(x'80' AS TEXT)",
            "target = CAST(x'c3' || substr(CAST(target AS BLOB), 2) AS TEXT)", "target = CAST(x'ff' AS TEXT)",
            "reason = CAST(x'c3' || substr(CAST(reason AS BLOB), 2) AS TEXT)", "counts = CAST(x'7bff7d' AS TEXT)",
        ] as [SQL])
    func `any edit is found, and where`(_ edit: SQL) throws {
        let test = try store()
        try test.tamper("UPDATE audit_event SET " + edit + " WHERE seq = 4")
        #expect(try fault(test) == 4, "\(edit.text)")
    }

    @Test(arguments: 1...5)
    func `a deleted event is missed`(seq: Int) throws {
        let test = try store()
        try test.tamper("DELETE FROM audit_event WHERE seq = \(seq)")
        let broken = try #require(try test.read { try $0.verifyAudit().broken })
        #expect(broken.seq == Int64(seq) + 1 && broken.what == "event \(seq) is missing")
    }

    @Test func `an inserted event does not fit, at the end or between`() throws {
        let test = try store()
        try test.tamper(
            """
            INSERT INTO audit_event (seq, at, actor, uid, verb, counts, hash)
            SELECT 7, at, actor, uid, verb, counts, hash FROM audit_event WHERE seq = 6
            """)
        #expect(try fault(test) == 7)
        let other = try store()
        try other.tamper("UPDATE audit_event SET seq = seq + 100 WHERE seq >= 4")
        try other.tamper("UPDATE audit_event SET seq = seq - 99 WHERE seq >= 100")
        try other.tamper(
            """
            INSERT INTO audit_event (seq, at, actor, uid, verb, counts, hash)
            SELECT 4, at, actor, uid, verb, counts, hash FROM audit_event WHERE seq = 3
            """)
        #expect(try fault(other) == 4)
    }

    @Test func `swapped events are found`() throws {
        let test = try store()
        try test.tamper("UPDATE audit_event SET seq = 99 WHERE seq = 3")
        try test.tamper("UPDATE audit_event SET seq = 3 WHERE seq = 4")
        try test.tamper("UPDATE audit_event SET seq = 4 WHERE seq = 99")
        #expect(try fault(test) == 3)
    }

    @Test func `a chain of another store does not fit`() throws {
        let test = try store()
        try test.tamper("UPDATE store SET store_id = 'x'")
        #expect(try fault(test) == 1)
        let other = try store()
        try other.tamper("UPDATE store SET epoch = 2")
        #expect(try fault(other) == 6, "its events come to epoch 1, and no restore began another")
    }

    @Test func `an epoch begins with the event that says so, and follows the one before`() throws {
        func restored(to epoch: Int64) throws -> TestStore {
            let test = try store()
            _ = try test.store.write(as: test.actor) { try $0.audit(AuditEvent.restoring, counts: ["epoch": epoch]) }
            try test.tamper("UPDATE store SET epoch = \(epoch)")
            return test
        }
        let test = try restored(to: 2)
        #expect(try fault(test) == nil)
        try test.tamper("UPDATE store SET epoch = 1")
        #expect(try fault(test) == 7)
        #expect(try fault(restored(to: 3)) == 7)
    }

    @Test(arguments: [12, 20, 32])
    func `the newest twenty, and the one they build on, are told by their number`(seq: Int) throws {
        let test = try TestStore()
        for user in 0..<30 { try test.run(DenylistAddition(.user("u\(user)"), reason: "ticket")) }
        try test.tamper("UPDATE audit_event SET reason = CAST(x'c328' AS TEXT) WHERE seq = \(seq)")
        #expect(try test.read { try $0.verifyAudit(newest: 20).broken?.seq } == Int64(seq))
    }

    /// Every store has its first event from the transaction that made it.
    @Test func `a record without any event was cut`() throws {
        let test = try store()
        try test.tamper("DELETE FROM audit_event")
        let broken = try #require(try test.read { try $0.verifyAudit().broken })
        #expect(broken.seq == 1 && broken.what.contains("missing"))
        #expect(try test.read { try $0.verifyAudit(newest: 20).broken?.seq } == 1)
        #expect(throws: Failure.self) { try test.read { _ = try $0.auditCheckpoint() } }
    }

    @Test func `a cut tail is seen where a rule names an event of it`() throws {
        let test = try store()
        try test.run(DenylistAddition(.user("a"), reason: "ticket"))
        #expect(try fault(test) == nil)
        try test.tamper("DELETE FROM audit_event WHERE seq >= 6")
        let broken = try #require(try test.read { try $0.verifyAudit().broken })
        #expect(broken.seq == 6 && broken.what.contains("rule"))
    }

    /// What a chain alone cannot show; a checkpoint kept outside can.
    @Test func `a cut tail is not seen by the chain, and its head says so`() throws {
        let test = try store()
        let before = try test.read { try $0.verifyAudit() }
        try test.tamper("DELETE FROM audit_event WHERE seq = 6")
        let after = try test.read { try $0.verifyAudit() }
        #expect(after.broken == nil)
        #expect(after.events == 5 && after.head != before.head)
    }

    @Test func `events are read newest first, page by page`() throws {
        let test = try store()
        let first = try test.read { try $0.auditEvents(limit: 4) }
        let rest = try test.read { try $0.auditEvents(after: first.next, limit: 4) }
        #expect((first.items + rest.items).map(\.seq) == [6, 5, 4, 3, 2, 1])
        #expect(rest.next == nil)
    }
}
