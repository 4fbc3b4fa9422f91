import Foundation
import Testing
import TokenStorage

@testable import TokenLifecycle

/// Old audit events go only where the policy says so, behind an anchor that only the store's identity can sign.
@Suite struct AuditRetentionTests {
    /// A store with a week of events and a retention of two days.
    private func aged() throws -> TestStore {
        let test = try TestStore()
        for _ in 0..<7 {
            try test.run(UserLogout(["alice"], includesUnseen: true, reason: nil))
            test.advance(.days(1))
        }
        test.advance(.hours(1))
        try test.set("retention.audit", "2d")
        return test
    }

    private var onlyAudit: Cleanup.Options {
        var options = Cleanup.Options()
        options.parts = [.audit]
        return options
    }

    private func verification(_ test: TestStore) throws -> AuditVerification { try test.read { try $0.verifyAudit() } }

    @Test func `without the policy every event stays`() throws {
        let test = try aged()
        try test.set("retention.audit", "none")
        let events = try test.count("audit_event")
        test.advance(.days(20))
        #expect(try test.cleanUp().auditEvents == 0)
        #expect(try test.count("audit_event") >= events)
    }

    @Test func `the chain that is left proves itself, run after run`() throws {
        let test = try aged()
        let events = try Int64(test.count("audit_event"))
        let planned = try Cleanup(onlyAudit).plan(test.store)
        let first = try Cleanup(onlyAudit).run(test.store, as: test.actor)
        #expect(first.counts == planned && first.counts.auditEvents > 3)
        let after = try verification(test)
        #expect(after.broken == nil && after.events == events + 1)
        #expect(after.removed == Int64(first.counts.auditEvents))
        test.advance(.days(1))
        let second = try Cleanup(onlyAudit).run(test.store, as: test.actor)
        #expect(second.counts.auditEvents > 0)
        #expect(try verification(test).broken == nil)
        #expect(try verification(test).removed == after.removed + Int64(second.counts.auditEvents))
        let oldest: Instant? = try test.read { try $0.sql.value("SELECT min(at) FROM audit_event") }
        #expect(try #require(oldest) >= test.now - .days(2))
    }

    @Test func `the newest event stays, however old`() throws {
        let test = try aged()
        test.advance(.days(20))
        try test.cleanUp { $0.parts = [.audit] }
        #expect(try verification(test).broken == nil)
        #expect(try test.count("audit_event") == 2, "the newest there was, and the cleanup's own")
    }

    @Test(
        arguments: [
            "DELETE FROM audit_event WHERE seq = (SELECT min(seq) FROM audit_event)",
            "DELETE FROM audit_anchor",
            "UPDATE audit_anchor SET seq = seq + 1",
            "UPDATE audit_anchor SET hash = zeroblob(32)",
            "UPDATE audit_anchor SET seq = seq + 1, hash = (SELECT min(hash) FROM audit_event)",
            "UPDATE audit_anchor SET signed = substr(signed, 1, length(signed) - 4) || 'AAAA'",
        ] as [SQL])
    func `cutting more off, or moving the anchor, is found`(_ edit: SQL) throws {
        let test = try aged()
        try test.cleanUp { $0.parts = [.audit] }
        #expect(try verification(test).broken == nil)
        try test.tamper(edit)
        #expect(try verification(test).broken != nil)
    }

    @Test func `without the master key the record stays whole, and that is said`() throws {
        let test = try aged()
        let nowhere = MasterKeySource(places: [.init(path: test.folder + "/absent.key", isNamed: true)])
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: nowhere)
        let events = try test.count("audit_event")
        let result = try Cleanup(onlyAudit).run(store, as: test.actor)
        #expect(result.counts.auditEvents == 0 && result.skipped.map(\.part) == [.audit])
        #expect(result.skipped.first?.why.contains("no master key") == true)
        let rehearsal = try Cleanup(onlyAudit).survey(store)
        #expect(rehearsal.counts.auditEvents == 0 && rehearsal.skipped.map(\.why) == result.skipped.map(\.why))
        #expect(try test.count("audit_event") == events)
        #expect(try verification(test).broken == nil)
        try store.close()
    }
}
