import Foundation
import Testing

@testable import TokenStorage

@Suite struct InterruptionTests {
    let scratch: Scratch
    let database: Database

    init() throws {
        scratch = try Scratch()
        database = try create(scratch("db"))
    }

    /// Interrupts again and again until the work is done: there is no telling when it begins.
    private func interrupting(_ target: Database, _ body: () throws -> Void) -> StorageError? {
        let done = DispatchSemaphore(value: 0)
        let stopped = DispatchSemaphore(value: 0)
        Thread {
            while done.wait(timeout: .now() + .milliseconds(5)) == .timedOut { target.interrupt() }
            stopped.signal()
        }.start()
        defer {
            done.signal()
            stopped.wait()
        }
        return failure(body)
    }

    @Test func `a statement under way ends, and its transaction with it`() throws {
        let error = interrupting(database) {
            try database.write { transaction in
                try transaction.execute("UPDATE counter SET n = 5")
                _ = try transaction.row(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c")
            }
        }
        #expect(error?.kind == .interrupted)
        #expect(try database.count() == 0)
        try database.increment()
        #expect(try database.count() == 1)
    }

    @Test func `work between statements ends at the next one`() throws {
        let error = failure {
            try database.write { transaction in
                try transaction.execute("UPDATE counter SET n = 5")
                database.interrupt()
                try transaction.execute("UPDATE counter SET n = 6")
            }
        }
        #expect(error?.kind == .interrupted)
        #expect(try database.count() == 0)
    }

    @Test func `an interruption before the commit prevents it`() throws {
        let error = failure {
            try database.write { transaction in
                try transaction.execute("UPDATE counter SET n = 5")
                database.interrupt()
            }
        }
        #expect(error?.kind == .interrupted)
        #expect(try database.count() == 0)
    }

    @Test func `waiting for a lock ends at once`() throws {
        let waiting = try open(scratch("db")) { $0.lockTimeout = .seconds(60) }
        let holder = Holder.writing(database)
        let start = ContinuousClock.now
        let error = interrupting(waiting) { try waiting.increment() }
        holder.release()
        #expect(error?.kind == .interrupted)
        #expect(ContinuousClock.now - start < .seconds(20))
        try waiting.increment()
        #expect(try database.count() == 2)
    }

    @Test func `without work under way it does nothing`() throws {
        database.interrupt()
        try database.increment()
        #expect(try database.count() == 1)
    }
}
