import Foundation
import Testing

@testable import TokenStorage

/// What is refused, as what, and that it is left exactly as it was with nothing laid beside it.
@Suite struct OpeningTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func refusal(
        _ name: String, readOnly: Bool, steps: [MigrationStep] = steps, location: SourceLocation = #_sourceLocation
    ) throws -> StorageError? {
        let before = try scratch.contents()
        let error = failure(
            { _ = try open(scratch(name), steps: steps) { $0.readOnly = readOnly } }, location: location)
        #expect(try scratch.contents() == before, sourceLocation: location)
        return error
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: scratch(name)))
    }

    @Test(arguments: [false, true])
    func `nothing there`(readOnly: Bool) throws {
        #expect(try refusal("db", readOnly: readOnly)?.kind == .absent)
        #expect(try refusal("no/such/db", readOnly: readOnly)?.kind == .absent)
        #expect(failure { _ = try open("") }?.kind == .absent)
        #expect(failure { _ = try open(scratch("a\0b")) }?.kind == .absent)
    }

    @Test(arguments: [false, true])
    func `what is no database`(readOnly: Bool) throws {
        try write([], to: "empty")
        try write(Array("hello\n".utf8), to: "text")
        try write((0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }, to: "noise")
        try write(Array("SQLite format 2\0".utf8) + [UInt8](repeating: 0, count: 4096), to: "old")
        mkfifo(scratch("pipe"), 0o600)
        for name in ["empty", "text", "noise", "old"] {
            #expect(try refusal(name, readOnly: readOnly)?.kind == .notDatabase)
        }
        // Neither may be read to compare: the one has no bytes, the other waits for a writer.
        #expect(failure { _ = try open(scratch.path) }?.kind == .notDatabase)
        #expect(failure { _ = try open(scratch("pipe")) }?.kind == .notDatabase)
    }

    /// SQLite would follow it: to another's file, or to one that is not there yet.
    @Test(arguments: ["-wal", "-shm", "-journal"], [false, true])
    func `a link beside the database is one for the database`(_ end: String, readOnly: Bool) throws {
        try create(scratch("db")).close()
        for target in ["db-elsewhere", "nowhere"] {
            unlink(scratch("db" + end))
            if target != "nowhere" { try Data("precious".utf8).write(to: URL(fileURLWithPath: scratch(target))) }
            symlink(scratch(target), scratch("db" + end))
            let refusal = failure { _ = try open(scratch("db")) { $0.readOnly = readOnly } }
            #expect(refusal?.kind == .link && refusal?.hint != nil)
            #expect(FileManager.default.fileExists(atPath: scratch(target)) == (target != "nowhere"))
        }
        unlink(scratch("db" + end))
        #expect(try open(scratch("db")) { $0.readOnly = readOnly }.count() == 0)
    }

    @Test(arguments: [false, true])
    func `a link, but not a link on the way`(readOnly: Bool) throws {
        mkdir(scratch("real"), 0o700)
        symlink(scratch("real"), scratch("way"))
        try create(scratch("way/db")).close()
        symlink(scratch("real/db"), scratch("link"))
        #expect(failure { _ = try open(scratch("link")) { $0.readOnly = readOnly } }?.kind == .link)
        #expect(try open(scratch("way/db")) { $0.readOnly = readOnly }.count() == 0)
    }

    @Test(arguments: [false, true])
    func `another application's`(readOnly: Bool) throws {
        let foreign = try Database.create(at: scratch("db"), steps: steps, applicationID: applicationID + 1)
        try foreign.increment()
        try foreign.close()
        #expect(try refusal("db", readOnly: readOnly)?.kind == .foreignApplication)
    }

    @Test(arguments: [false, true])
    func `another application's, crashed with a log`(readOnly: Bool) throws {
        try crash("db", applicationID: applicationID + 1) { try $0.increment() }
        #expect(try refusal("db", readOnly: readOnly)?.kind == .foreignApplication)
    }

    @Test(arguments: [false, true])
    func `another application's, crashed with a journal that waits to be rolled back`(readOnly: Bool) throws {
        try Database.create(at: scratch("db"), steps: steps, applicationID: applicationID + 1).close()
        // The start of a journal with no page in it: SQLite would delete it, or roll back, on the first read.
        let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        try write(magic + [UInt8](repeating: 0, count: 504), to: "db-journal")
        #expect(try refusal("db", readOnly: readOnly)?.kind == .foreignApplication)
    }

    @Test func `ours, cut off with a journal: who only reads is told of it, who writes takes it back`() throws {
        try create(scratch("db")).close()
        let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        try write(magic + [UInt8](repeating: 0, count: 504), to: "db-journal")
        let refused = try refusal("db", readOnly: true)
        #expect(refused?.kind == .notPermitted && refused?.message.contains("db-journal") == true)
        try open(scratch("db")).close()
        #expect(try open(scratch("db")) { $0.readOnly = true }.count() == 0)
    }

    @Test(arguments: [false, true])
    func `a newer schema`(readOnly: Bool) throws {
        try create(scratch("db")).close()
        let error = try refusal("db", readOnly: readOnly, steps: Array(steps.prefix(1)))
        #expect(error?.kind == .newerSchema)
        #expect(error?.message == "the database has schema version 2, this program knows up to 1")
    }

    @Test(arguments: [false, true])
    func `an older schema`(readOnly: Bool) throws {
        try create(scratch("db"), steps: Array(steps.prefix(1))).close()
        #expect(try refusal("db", readOnly: readOnly)?.kind == .needsMigration)
    }

    @Test(arguments: [false, true])
    func `a step that was edited after it was applied`(readOnly: Bool) throws {
        try create(scratch("db")).close()
        let edited = [steps[0], MigrationStep(name: steps[1].name, sql: steps[1].sql + " -- a comment")]
        let error = try refusal("db", readOnly: readOnly, steps: edited)
        #expect(error?.kind == .schemaAltered)
        #expect(error?.message.contains("t0002_second") == true)
        let renamed = [steps[0], MigrationStep(name: "t0002_other", sql: steps[1].sql)]
        #expect(try refusal("db", readOnly: readOnly, steps: renamed)?.kind == .schemaAltered)
    }

    @Test(arguments: [
        "CREATE TABLE intruder (x)", "CREATE INDEX intruder ON parent (name)", "DROP INDEX child_by_parent",
        "ALTER TABLE parent ADD COLUMN extra TEXT", "DROP TABLE schema_step",
        "DELETE FROM schema_step WHERE version = 2", "ALTER TABLE schema_step RENAME COLUMN checksum TO sum",
        "CREATE TRIGGER intruder AFTER UPDATE ON counter BEGIN DELETE FROM parent; END",
        "UPDATE schema_step SET schema_digest = '' WHERE version = 2",
    ])
    func `a schema that was edited`(statement: SQL) throws {
        let database = try create(scratch("db"))
        try database.write { try $0.execute(statement) }
        try database.close()
        #expect(try refusal("db", readOnly: false)?.kind == .schemaAltered)
        #expect(try refusal("db", readOnly: true)?.kind == .schemaAltered)
    }

    @Test func `statistics are no alteration`() throws {
        let database = try create(scratch("db"))
        try database.increment()
        try database.write { try $0.execute("ANALYZE") }
        try database.close()
        #expect(try open(scratch("db")).count() == 1)
    }

    /// A refused file keeps its log too: closing must not move it into the file.
    @Test func `an altered schema in a log that a crash left`() throws {
        try crash("db") { database in
            _ = try database.write { try $0.execute("CREATE TABLE intruder (x)") }
        }
        let before = try scratch.contents()
        #expect(before["db-wal"]?.isEmpty == false)
        #expect(failure { _ = try open(scratch("db")) }?.kind == .schemaAltered)
        let after = try scratch.contents()
        #expect(after["db"] == before["db"])
        #expect(after["db-wal"] == before["db-wal"])
    }

    @Test(arguments: [false, true])
    func `a sound log that a crash left is read`(readOnly: Bool) throws {
        try crash("db") { database in
            try database.increment()
            try database.increment()
        }
        #expect(try open(scratch("db")) { $0.readOnly = readOnly }.count() == 2)
    }

    @Test func `damaged pages`() throws {
        try create(scratch("db")).close()
        var bytes = [UInt8](try #require(try scratch.contents()["db"]))
        for index in 100..<4096 { bytes[index] = 0xA5 }
        try write(bytes, to: "db")
        #expect(try refusal("db", readOnly: false)?.kind == .corrupt)
        #expect(try refusal("db", readOnly: true)?.kind == .corrupt)
        try write(Array(bytes.prefix(100)), to: "db")
        #expect(try refusal("db", readOnly: false)?.kind == .corrupt)
    }

    @Test func `a file that another tool took out of its journal mode is put back`() throws {
        try create(scratch("db")).close()
        var bytes = [UInt8](try #require(try scratch.contents()["db"]))
        // Read and write version of the file format: 2 is WAL, 1 a rollback journal.
        #expect(bytes[18...19] == [2, 2])
        (bytes[18], bytes[19]) = (1, 1)
        try write(bytes, to: "db")
        #expect(try open(scratch("db")) { $0.readOnly = true }.settings()["journal_mode"] == "delete")
        #expect(try open(scratch("db")).settings()["journal_mode"] == "wal")
    }

    /// A database as a crash leaves it: the files copied while a connection was still open.
    private func crash(
        _ name: String, applicationID: Int32 = applicationID, _ work: (Database) throws -> Void
    ) throws {
        let elsewhere = try Scratch()
        let database = try Database.create(at: elsewhere("db"), steps: steps, applicationID: applicationID)
        try work(database)
        let contents = try elsewhere.contents()
        for suffix in ["", "-wal"] {
            try write([UInt8](try #require(contents["db" + suffix])), to: name + suffix)
        }
        try database.close()
    }
}
