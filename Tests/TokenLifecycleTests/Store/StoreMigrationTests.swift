import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct StoreMigrationTests {
    private let next = MigrationStep(name: "m9999_next", sql: "CREATE TABLE next (id INTEGER PRIMARY KEY) STRICT;")

    @Test func `steps that are due are taken once, with an audit event in the same transaction`() throws {
        let test = try TestStore()
        let steps = Store.steps + [next]
        func migrate() throws -> [String] {
            try StoreMigration.run(at: test.path, clock: test.clock.clock, actor: test.actor, steps: steps)
        }
        #expect(try StoreMigration.pending(at: test.path) == [])
        #expect(try StoreMigration.pending(at: test.path, steps: steps) == ["m9999_next"])
        try test.store.close()
        #expect(try migrate() == ["m9999_next"])
        #expect(try migrate() == [])
        // This program does not know the step: the schema is newer than its own.
        #expect(try failure { _ = try StoreMigration.pending(at: test.path) } == .configuration)
        let database = try Database.open(at: test.path, steps: steps, applicationID: Store.applicationID)
        let events: Int? = try database.read {
            try $0.row("SELECT count(*) FROM audit_event WHERE verb = 'migrate' AND target = 'm9999_next'")?.get(0)
        }
        #expect(events == 1)
    }

    @Test func `a step that fails leaves neither schema nor event`() throws {
        let test = try TestStore()
        let broken = Store.steps + [next, MigrationStep(name: "m9999_broken", sql: "CREATE TABEL")]
        let before = try test.read { try $0.auditHead()?.seq }
        #expect(throws: Failure.self) {
            try StoreMigration.run(at: test.path, clock: test.clock.clock, actor: test.actor, steps: broken)
        }
        #expect(try StoreMigration.pending(at: test.path) == [])
        #expect(try test.read { try $0.auditHead()?.seq } == before)
    }
}
