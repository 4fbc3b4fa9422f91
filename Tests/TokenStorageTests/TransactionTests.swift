import Foundation
import Synchronization
import Testing

@testable import TokenStorage

@Suite struct TransactionTests {
    private struct Changed: Error {}

    let scratch: Scratch
    let database: Database

    init() throws {
        scratch = try Scratch()
        database = try create(scratch("db"))
    }

    @Test func `what a write returns and does is there for other connections`() throws {
        let answer = try database.write { transaction in
            try transaction.execute("UPDATE counter SET n = 5")
            return "done"
        }
        #expect(answer == "done")
        #expect(try open(scratch("db")).count() == 5)
    }

    @Test func `statements ask the program about integers, for as long as it answers`() throws {
        final class Witness: Sendable { let asked = Mutex<[Int64]>([]) }
        var witness: Witness? = Witness()
        weak let gone = witness
        let answers = try database.asking(
            "is_odd",
            { [held = witness] number in
                held?.asked.withLock { $0.append(number) }
                return !number.isMultiple(of: 2)
            }
        ) {
            try database.read { transaction in
                try transaction.rows(
                    "SELECT is_odd(column1) FROM (VALUES (1), (2), (\(Int64.min)), ('3'), (NULL))"
                )
                .map { try $0.get(0, as: Bool?.self) }
            }
        }
        #expect(answers == [true, false, false, nil, nil])
        #expect(witness?.asked.withLock(\.self) == [1, 2, .min])
        witness = nil
        #expect(gone == nil)
        #expect(throws: Changed.self) { try database.asking("is_odd", { _ in true }) { throw Changed() } }
        #expect(throws: StorageError.self) { try database.read { try $0.row("SELECT is_odd(1)") } }
    }

    @Test func `a throw undoes everything and comes through unchanged`() throws {
        #expect(throws: Changed.self) {
            try database.write { transaction in
                try transaction.execute("UPDATE counter SET n = 5")
                throw Changed()
            }
        }
        #expect(try database.count() == 0)
        try database.increment()
        #expect(try database.count() == 1)
    }

    @Test func `a failed statement that is caught leaves the rest of its transaction`() throws {
        try database.write { transaction in
            try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'a')")
            #expect(throws: StorageError.self) {
                try transaction.execute("INSERT INTO parent (id, name) VALUES (1, 'b')")
            }
            try transaction.execute("INSERT INTO parent (id, name) VALUES (2, 'b')")
        }
        #expect(try database.read { try $0.value("SELECT count(*) FROM parent", as: Int.self) } == 2)
    }

    @Test func `a read cannot write`() throws {
        let error = failure { try database.read { _ = try $0.row("UPDATE counter SET n = 9 RETURNING n") } }
        #expect(error?.kind == .readOnly)
        #expect(try database.count() == 0)
    }

    @Test func `a read-only connection refuses to write`() throws {
        let reader = try open(scratch("db")) { $0.readOnly = true }
        #expect(try reader.count() == 0)
        #expect(failure { try reader.increment() }?.kind == .readOnly)
        #expect(failure { try reader.migrate(steps) }?.kind == .readOnly)
        #expect(!reader.checkpoint())
    }

    @Test func `a transaction inside another is an error, not a trap`() throws {
        let inside = Mutex<[StorageError.Kind]>([])
        try database.write { transaction in
            try transaction.execute("UPDATE counter SET n = 3")
            for attempt in [
                { _ = try database.count() }, { try database.increment() }, { try database.close() },
                { _ = try database.settings() },
            ] as [() throws -> Void] {
                let kind = failure(attempt)?.kind
                inside.withLock { $0.append(kind ?? .io) }
            }
            #expect(!database.checkpoint())
        }
        #expect(inside.withLock { $0 } == [.bug, .bug, .bug, .bug])
        #expect(try database.count() == 3)
    }

    @Test func `two databases nest`() throws {
        let other = try create(scratch("other"))
        try database.write { outer in
            try other.write { inner in
                try inner.execute("UPDATE counter SET n = \(try outer.value("SELECT 40 + 2", as: Int.self))")
            }
        }
        #expect(try other.count() == 42)
    }

    @Test func `a transaction is of no use after its end`() throws {
        var kept: (any ReadTransaction)?
        try database.read { kept = $0 }
        let transaction = try #require(kept)
        #expect(failure { _ = try transaction.row("SELECT 1") }?.kind == .bug)
    }

    @Test func `a reader keeps its snapshot while another writes`() throws {
        let writer = try open(scratch("db"))
        try database.read { transaction in
            #expect(try transaction.value("SELECT n FROM counter", as: Int.self) == 0)
            try writer.increment()
            #expect(try transaction.value("SELECT n FROM counter", as: Int.self) == 0)
        }
        #expect(try database.count() == 1)
    }

    @Test func `a second writer waits as long as it was told, then is busy`() throws {
        let holder = Holder.writing(database)
        let other = try open(scratch("db")) { $0.lockTimeout = .milliseconds(60) }
        var error: StorageError?
        let waited = ContinuousClock().measure { error = failure { try other.increment() } }
        #expect(error?.kind == .busy)
        #expect(waited >= .milliseconds(60))
        #expect(try other.count() == 0, "readers do not wait")
        holder.release()
        try other.increment()
        #expect(try other.count() == 2)
    }

    @Test func `a closed database says so`() throws {
        try database.close()
        try database.close()
        #expect(failure { _ = try database.count() }?.message == "the database is closed")
        database.interrupt()
    }

    @Test func `closing the last connection leaves one file`() throws {
        let second = try open(scratch("db"))
        try database.increment()
        try database.close()
        #expect(second.walBytes > 0)
        try second.close()
        #expect(try scratch.contents().keys.sorted() == ["db"])
        #expect(try open(scratch("db")).count() == 1)
    }
}
