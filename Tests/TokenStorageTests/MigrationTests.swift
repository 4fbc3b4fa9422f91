import Foundation
import Synchronization
import Testing

@testable import TokenStorage

@Suite struct MigrationTests {
    static let third = MigrationStep(
        name: "t0003_third",
        sql: """
            ALTER TABLE parent ADD COLUMN note TEXT;
            UPDATE parent SET note = 'migrated ' || name;
            """)

    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let database = try create(scratch("db"))
        try database.write { try $0.execute("INSERT INTO parent (id, name) VALUES (1, 'old')") }
        try database.close()
    }

    @Test func `each step is recorded with checksum and time`() throws {
        let rows = try open(scratch("db")).read { transaction in
            try transaction.rows("SELECT version, name, checksum, applied_at FROM schema_step ORDER BY version")
        }
        #expect(
            rows.map(\.values)
                == steps.enumerated().map { index, step in
                    [.integer(Int64(index + 1)), .text(step.name), .text(step.checksum), .integer(1_767_225_600_000)]
                })
    }

    @Test func `the checksum is SHA-256 of the text`() {
        #expect(
            MigrationStep(name: "abc", sql: "abc").checksum
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `pending steps are told and taken once`() throws {
        let all = steps + [Self.third]
        let database = try open(scratch("db"), steps: all) { $0.acceptsPendingSteps = true }
        #expect(try database.pendingSteps(of: all) == ["t0003_third"])
        #expect(try database.migrate(all, at: 5) == ["t0003_third"])
        #expect(try database.migrate(all, at: 6) == [])
        #expect(try database.pendingSteps(of: all) == [])
        try database.close()
        let reopened = try open(scratch("db"), steps: all)
        #expect(try reopened.read { try $0.value("SELECT note FROM parent", as: String.self) } == "migrated old")
        #expect(try reopened.schemaDifferences(from: all) == [])
        #expect(
            try reopened.read { try $0.value("SELECT applied_at FROM schema_step WHERE version = 3", as: Int.self) }
                == 5)
    }

    @Test func `migrated and made anew are the same schema`() throws {
        let all = steps + [Self.third]
        try open(scratch("db"), steps: all) { $0.acceptsPendingSteps = true }.migrate(all)
        let fresh = try create(scratch("fresh"), steps: all)
        let digests = try [open(scratch("db"), steps: all), fresh].map { database in
            try database.read { try SchemaDigest.compute($0) }
        }
        #expect(digests[0] == digests[1])
    }

    @Test(arguments: [
        ("CREATE TABLE half (x); CREATE TABLE half (x)", StorageError.Kind.bug),
        ("CREATE TABLE half (x); COMMIT; CREATE TABLE other (x)", .io),
        (
            "CREATE TABLE half (x REFERENCES parent); PRAGMA defer_foreign_keys = ON; INSERT INTO half VALUES (99)",
            .constraint
        ),
        ("INSERT INTO parent (id, name) VALUES (1, 'again')", .constraint),
    ])
    func `a step that fails changes nothing`(sql: String, kind: StorageError.Kind) throws {
        let all = steps + [Self.third, MigrationStep(name: "t0004_broken", sql: sql)]
        let database = try open(scratch("db"), steps: all) { $0.acceptsPendingSteps = true }
        let error = failure { try database.migrate(all) }
        #expect(error?.kind == kind)
        if kind != .io {
            #expect(try database.pendingSteps(of: all) == ["t0003_third", "t0004_broken"])
            try database.close()
            #expect(try open(scratch("db")).schemaDifferences(from: steps) == [])
        }
    }

    @Test func `programs that migrate at once migrate once`() throws {
        let all = steps + [Self.third]
        let path = scratch("db")
        let applied = Mutex<[String]>([])
        onThreads(4) { _ in
            do {
                let database = try open(path, steps: all) { $0.acceptsPendingSteps = true }
                let names = try database.migrate(all)
                applied.withLock { $0 += names }
            } catch {
                applied.withLock { $0.append("\(error)") }
            }
        }
        #expect(applied.withLock { $0 } == ["t0003_third"])
    }

    @Test func `what was altered is said by name`() throws {
        let database = try open(scratch("db"))
        try database.write { transaction in
            try transaction.execute("DROP INDEX child_by_parent")
            try transaction.execute("CREATE VIEW intruder AS SELECT 1")
            try transaction.execute("ALTER TABLE later ADD COLUMN y TEXT")
        }
        #expect(
            try database.schemaDifferences(from: steps) == [
                "index child_by_parent is missing", "table later was altered", "view intruder is not ours",
            ])
    }

    @Test func `the steps of this program make a database`() throws {
        let embedded = MigrationStep.embedded
        #expect(!embedded.isEmpty)
        let database = try create(scratch("own"), steps: embedded)
        #expect(try database.schemaDifferences(from: embedded) == [])
        try database.close()
        #expect(try open(scratch("own"), steps: embedded).pendingSteps(of: embedded) == [])
    }
}
