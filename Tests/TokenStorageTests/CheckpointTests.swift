import Foundation
import Testing

@testable import TokenStorage

/// The write-ahead log is truncated whole or left alone: a checkpoint that copied a part of it without holding the
/// writer's lock is how older SQLite loses commits.
@Suite struct CheckpointTests {
    private static let interrupted: Int32 = 9

    let scratch: Scratch
    let database: Database

    init() throws {
        scratch = try Scratch()
        database = try create(scratch("db"))
        try database.write { transaction in
            for id in 1...100 {
                try transaction.execute("INSERT INTO parent (id, name) VALUES (\(id), \("name \(id)"))")
            }
        }
    }

    private func truncate() throws -> Checkpointer.Outcome {
        try database.exclusively { database.checkpointer.truncate($0, patience: .milliseconds(30)) }
    }

    @Test func `free, it moves the log into the file and truncates it`() throws {
        #expect(database.walBytes > 0)
        #expect(try truncate().truncated)
        #expect(database.walBytes == 0)
        #expect(database.checkpoint(), "an empty log is truncated already")
    }

    @Test func `beside a writer it copies nothing`() throws {
        let other = try open(scratch("db"))
        let before = try scratch.contents()
        let holder = Holder.writing(other)
        let outcome = try truncate()
        #expect(outcome.code & 0xFF == Self.interrupted)
        #expect(outcome.copied <= 0)
        #expect(!database.checkpoint(patience: .milliseconds(10)))
        #expect(try scratch.contents()["db"] == before["db"])
        #expect(try scratch.contents()["db-wal"] == before["db-wal"])
        #expect(try database.count() == 0, "the connection still reads")
        holder.release()
        try database.increment()
        #expect(database.checkpoint())
        #expect(database.walBytes == 0)
        #expect(try database.count() == 2)
    }

    @Test func `beside a reader of an older snapshot it copies nothing`() throws {
        let reader = try open(scratch("db")) { $0.readOnly = true }
        let holder = Holder.reading(reader)
        try database.increment()
        let before = try scratch.contents()
        let outcome = try truncate()
        #expect(!outcome.truncated)
        #expect(outcome.copied <= 0)
        #expect(try scratch.contents()["db"] == before["db"])
        holder.release()
        #expect(database.checkpoint())
        #expect(try reader.count() == 1)
    }

    @Test func `a commit that takes the log past its limit truncates it`() throws {
        let limited = try open(scratch("db")) { $0.walLimit = 64 << 10 }
        var largest = 0
        var truncations = 0
        for round in 1...30 {
            let before = limited.walBytes
            try limited.write { try $0.execute("UPDATE parent SET name = \("\(round) ") || id") }
            largest = max(largest, limited.walBytes)
            if limited.walBytes < before { truncations += 1 }
        }
        #expect(truncations >= 2)
        #expect(largest < 128 << 10)
    }

    @Test func `SQLite never checkpoints by itself`() throws {
        let patient = try open(scratch("db")) { $0.walLimit = 1 << 30 }
        let before = try scratch.contents()["db"]
        // Its own default would come after the first commit past 1000 pages of 4 KiB.
        let blob = [UInt8](repeating: 7, count: 5 << 20)
        try patient.write { transaction in
            try transaction.execute("INSERT INTO child (parent_id, data) VALUES (1, \(blob))")
        }
        try patient.increment()
        #expect(patient.walBytes > 5 << 20)
        #expect(try scratch.contents()["db"] == before)
    }
}
