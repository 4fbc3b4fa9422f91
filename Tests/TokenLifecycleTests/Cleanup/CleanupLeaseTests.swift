import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct CleanupLeaseTests {
    private func lease(_ test: TestStore, removed: Int = 0) throws -> CleanupLease {
        let lease = try test.store.write(as: test.actor) { try CleanupLease($0) }
        try test.store.write(as: test.actor) { try lease.renew($0, removed: removed) }
        return lease
    }

    @Test func `a second cleanup is refused as busy while the first is at work`() throws {
        let test = try TestStore(nil)
        for number in 0..<3 { try test.logIn("u\(number)") }
        test.advance(.hours(2))
        var options = Cleanup.Options()
        options.olderThan = .zero
        let second = try test.reopened()
        var answers: [Failure.Kind?] = []
        _ = try Cleanup(options).run(test.store, as: test.actor) { _ in
            answers.append(try? failure { _ = try Cleanup(options).run(second, as: test.actor) })
        }
        #expect(answers.count > 0 && answers.allSatisfy { $0 == .busy })
        #expect(try test.count("session") == 0)
        #expect(try Cleanup(options).run(second, as: test.actor).finished)
    }

    @Test func `a lease outlives a crash by seconds, and what the dead run removed is on record`() throws {
        let test = try TestStore(nil)
        _ = try lease(test, removed: 7)
        test.advance(.seconds(19))
        #expect(try failure { try test.cleanUp() } == .busy)
        test.advance(.seconds(2))
        #expect(try test.cleanUp().total == 0)
        let events = try test.read { try $0.auditEvents(limit: 10).items }
        let event = try #require(events.first { $0.verb == "cleanup" })
        #expect(event.counts == ["rows": 7])
        #expect(try test.count("cleanup_run WHERE finished_at IS NULL") == 0)
    }

    @Test func `a run that was taken for dead removes nothing more`() throws {
        let test = try TestStore(nil)
        let first = try lease(test)
        test.advance(.minutes(5))
        let second = try lease(test)
        #expect(try failure { try test.store.write(as: test.actor) { try first.renew($0, removed: 1) } } == .busy)
        _ = try test.store.write(as: test.actor) { try first.giveBack($0, removed: 1, complete: true) }
        try test.store.write(as: test.actor) { try second.renew($0, removed: 2) }
        #expect(try test.count("cleanup_run WHERE finished_at IS NULL AND removed = 2") == 1)
    }

    @Test func `what a run removed that was taken for dead is on record once`() throws {
        let test = try TestStore(nil)
        for number in 0..<5 { try test.logIn("u\(number)") }
        test.advance(.hours(2))
        var options = Cleanup.Options()
        options.olderThan = .zero
        let second = try test.reopened()
        var removed = 0
        let first = try Cleanup(options).run(test.store, as: test.actor) { _ in
            test.advance(.minutes(5))
            removed += (try? Cleanup(options).run(second, as: test.actor).counts.total) ?? 0
        }
        #expect(first.counts.total + removed == 5 && first.audit == nil)
        let events = try test.read { try $0.auditEvents(limit: 10).items }.filter { $0.verb == "cleanup" }
        #expect(events.reduce(0) { $0 + $1.counts.values.reduce(0, +) } == 5)
    }

    @Test func `only a run that came to the end of the logins is the last success, and it stays known`() throws {
        let test = try TestStore(nil)
        for number in 0..<3 { try test.logIn("u\(number)") }
        test.advance(.hours(2))
        func last() throws -> Instant? { try test.store.status().lastCleanup }
        try test.cleanUp { $0.maxTime = .zero }
        try test.cleanUp { $0.parts = [.keys, .denylist] }
        _ = try lease(test, removed: 1)
        test.advance(.minutes(1))
        try test.cleanUp {
            $0.olderThan = .zero; $0.maxRows = 1
        }
        #expect(try last() == nil)
        try test.cleanUp { $0.olderThan = .zero }
        let done = try #require(try last())
        for _ in 0..<60 {
            test.advance(.minutes(1))
            try test.cleanUp { $0.maxTime = .zero }
        }
        #expect(try last() == done)
        #expect(try test.count("cleanup_run") < 60)
    }
}
