import Foundation
import Synchronization
import Testing

@testable import TokenStorage

@Suite struct ContentionTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try create(scratch("db")).close()
    }

    @Test func `sixteen writers with a connection each all get their turn`() throws {
        let errors = Mutex<[String]>([])
        let path = scratch("db")
        onThreads(16) { _ in
            do {
                let database = try open(path) { $0.lockTimeout = .seconds(30) }
                for _ in 0..<20 { try database.increment() }
                try database.close()
            } catch {
                errors.withLock { $0.append("\(error)") }
            }
        }
        #expect(errors.withLock { $0 } == [])
        #expect(try open(path).count() == 320)
    }

    /// A crowd that asked every millisecond would leave no processor to the one that has the lock; but who asks more rarely
    /// than the door of a cleanup opens, waits for ever.
    @Test func `who waits long asks more rarely, within bounds, and not in step with others`() {
        let waits = (1...10_000).map { LockWait.microseconds(beforeAttempt: $0, chance: 999) }
        #expect(waits.prefix(100).allSatisfy { $0 == 1000 })
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(waits.last == 7999)
        #expect(LockWait.microseconds(beforeAttempt: 10_000, chance: 0) == 7000)
    }

    @Test func `threads may share a connection`() throws {
        let database = try open(scratch("db"))
        let errors = Mutex<[String]>([])
        onThreads(8) { _ in
            do {
                for _ in 0..<20 {
                    try database.increment()
                    _ = try database.count()
                }
            } catch {
                errors.withLock { $0.append("\(error)") }
            }
        }
        #expect(errors.withLock { $0 } == [])
        #expect(try database.count() == 160)
    }

    @Test func `processes beside each other lose nothing`() async throws {
        let path = scratch("db")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        let database = try open(path) {
                            $0.lockTimeout = .seconds(30)
                            $0.walLimit = 32 << 10
                        }
                        for _ in 0..<40 { try database.increment() }
                        try database.close()
                    }
                }
            }
        }
        #expect(try open(path).count() == 160)
        #expect(try open(path).read { try $0.value("PRAGMA integrity_check", as: String.self) } == "ok")
    }

    @Test func `readers see whole transactions while a writer checkpoints`() throws {
        let path = scratch("db")
        let writer = try open(path) {
            $0.walLimit = 16 << 10
            $0.lockTimeout = .seconds(30)
        }
        try writer.write { transaction in
            for id in 1...50 { try transaction.execute("INSERT INTO parent (id, name) VALUES (\(id), \("0-\(id)"))") }
        }
        let isDone = Atomic(false)
        let torn = Mutex<[String]>([])
        onThreads(3) { index in
            do {
                if index == 0 {
                    defer { isDone.store(true, ordering: .sequentiallyConsistent) }
                    for round in 1...40 {
                        try writer.write { transaction in
                            try transaction.execute("UPDATE parent SET name = \("\(round)-") || id")
                        }
                    }
                } else {
                    let reader = try open(path) { $0.readOnly = true }
                    while !isDone.load(ordering: .sequentiallyConsistent) {
                        let rounds = try reader.read { transaction in
                            try transaction.rows("SELECT DISTINCT substr(name, 1, instr(name, '-')) FROM parent").count
                        }
                        if rounds != 1 { torn.withLock { $0.append("\(rounds) rounds at once") } }
                    }
                }
            } catch {
                torn.withLock { $0.append("\(error)") }
            }
        }
        #expect(torn.withLock { $0 } == [])
        #expect(try writer.read { try $0.value("SELECT name FROM parent WHERE id = 7", as: String.self) } == "40-7")
    }
}
