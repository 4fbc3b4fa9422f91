import Foundation
import Testing

@testable import TokenStorage

@Suite struct CreationTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test(arguments: [0o000, 0o022, 0o077, 0o777])
    func `every file is for its owner alone, whatever the umask`(mask: Int) async throws {
        let path = scratch("db")
        // The umask belongs to the whole process, so this takes one of its own.
        await #expect(processExitsWith: .success) { [path = path as String, mask = mask as Int] in
            umask(mode_t(mask))
            let database = try create(path)
            try database.increment()
            #expect(mode(of: path) == 0o600)
            #expect(mode(of: path + "-wal") == 0o600)
            #expect(mode(of: path + "-shm") == 0o600)
        }
        #expect(mode(of: path) == 0o600)
    }

    @Test func `a group shares the files of a directory that is its own`() throws {
        let name = try #require(getgrgid(getgid()).map { String(cString: $0.pointee.gr_name) })
        chmod(scratch.path, 0o2770)
        let database = try Database.create(
            at: scratch("db"), steps: steps, applicationID: applicationID, group: name)
        try database.increment()
        for suffix in ["", "-wal", "-shm"] {
            #expect(mode(of: scratch("db" + suffix)) == 0o660)
        }
    }

    @Test(arguments: [0o700, 0o770, 0o2775])
    func `a group cannot share a directory that is not`(directoryMode: Int) throws {
        let name = try #require(getgrgid(getgid()).map { String(cString: $0.pointee.gr_name) })
        chmod(scratch.path, mode_t(directoryMode))
        let error = failure {
            _ = try Database.create(at: scratch("db"), steps: steps, applicationID: applicationID, group: name)
        }
        #expect(error?.kind == .cannotCreate)
        #expect(error?.hint?.contains("2770") == true)
        let unknown = failure {
            _ = try Database.create(
                at: scratch("db"), steps: steps, applicationID: applicationID, group: "no-such-group-here")
        }
        #expect(unknown?.message == "there is no group no-such-group-here")
        #expect(try scratch.contents().isEmpty)
    }

    @Test func `it is never made over anything`() throws {
        try create(scratch("db")).close()
        try Data("text".utf8).write(to: URL(fileURLWithPath: scratch("text")))
        symlink(scratch("nowhere"), scratch("dangling"))
        let before = try scratch.contents()
        for name in ["db", "text", "dangling", "."] {
            #expect(failure { _ = try create(scratch(name)) }?.kind == .exists)
        }
        #expect(try scratch.contents() == before)
        #expect(DatabaseFile.status(of: scratch("nowhere")) == nil, "the link was not followed")
    }

    @Test(arguments: ["-wal", "-shm", "-journal"])
    func `remains of a dead database are not adopted`(suffix: String) throws {
        try Data("frames".utf8).write(to: URL(fileURLWithPath: scratch("db" + suffix)))
        let before = try scratch.contents()
        #expect(failure { _ = try create(scratch("db")) }?.kind == .cannotCreate)
        #expect(try scratch.contents() == before)
    }

    @Test func `a step that fails leaves no file`() throws {
        let broken = steps + [MigrationStep(name: "t0003_broken", sql: "CREATE TABLE ok (x); CREATE TABEL")]
        let error = failure { _ = try create(scratch("db"), steps: broken) }
        #expect(error?.kind == .bug)
        #expect(error?.message.hasPrefix("step t0003_broken: ") == true)
        #expect(try scratch.contents().isEmpty)
    }

    @Test func `one that could not be filled is taken back whole`() throws {
        struct Refusal: Error {}
        #expect(throws: Refusal.self) {
            _ = try Database.create(at: scratch("db"), steps: steps, applicationID: applicationID) { draft in
                try draft.increment()
                throw Refusal()
            }
        }
        #expect(try scratch.contents().isEmpty)
    }

    @Test func `it has its name only when it is filled, and nothing of its making is left`() throws {
        let path = scratch("db")
        let database = try Database.create(at: path, steps: steps, applicationID: applicationID) { draft in
            try draft.increment()
            #expect(DatabaseFile.status(of: path) == nil)
        }
        #expect(try database.count() == 1)
        try database.close()
        #expect(try scratch.contents().keys.sorted() == ["db"])
    }

    @Test func `what a killed maker left is in nobody's way`() throws {
        mkdir(scratch("db.new"), 0o700)
        try Data("half".utf8).write(to: URL(fileURLWithPath: scratch("db.new/database")))
        try Data("page".utf8).write(to: URL(fileURLWithPath: scratch("db.new/database-journal")))
        try create(scratch("db")).close()
        #expect(try scratch.contents().keys.sorted() == ["db"])
        mkdir(scratch("db.new"), 0o700)
        try Data("half".utf8).write(to: URL(fileURLWithPath: scratch("db.new/database")))
        Database.removeAbandonedDraft(of: scratch("db"))
        #expect(try scratch.contents().keys.sorted() == ["db"])
    }

    @Test func `while one makes it another waits, and finds it made`() async throws {
        let path = scratch("db")
        let (began, beginning) = AsyncStream.makeStream(of: Void.self)
        let first = Task.detached {
            try Database.create(at: path, steps: steps, applicationID: applicationID) { draft in
                beginning.finish()
                Database.removeAbandonedDraft(of: path)
                usleep(150_000)
                try draft.increment()
            }.count()
        }
        for await _ in began {}
        #expect(failure { _ = try create(path) }?.kind == .exists)
        #expect(try await first.value == 1)
    }

    @Test func `a directory of others in the way is left alone`() throws {
        mkdir(scratch("db.new"), 0o755)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: scratch("db.new/database")))
        let before = try scratch.contents()
        #expect(failure { _ = try create(scratch("db")) }?.kind == .cannotCreate)
        Database.removeAbandonedDraft(of: scratch("db"))
        #expect(try scratch.contents() == before)
    }

    @Test func `a directory that is not there`() throws {
        let error = failure { _ = try create(scratch("missing/db")) }
        #expect(error?.kind == .cannotCreate)
        #expect(error?.message.contains("missing") == true)
    }

    @Test(arguments: ["file:x?mode=memory", ":memory:", "100%?#.db", "naïve ✓"])
    func `a name is a name and never a uri`(name: String) async throws {
        let directory = scratch.path
        // The working directory belongs to the whole process.
        await #expect(processExitsWith: .success) { [directory = directory as String, name = name as String] in
            #expect(chdir(directory) == 0)
            let database = try create(name)
            try database.increment()
            try database.close()
            #expect(try open(name).count() == 1)
        }
        #expect(try scratch.contents().keys.sorted() == [name])
    }
}
