import Foundation
import Synchronization
import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct RefreshRaceTests {
    /// Runs `body` on threads of its own, all let go at once.
    private func race<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) throws -> [T] {
        let results = Mutex<[Result<T, any Error>]>([])
        let gate = DispatchSemaphore(value: 0)
        let threads = DispatchGroup()
        for number in 0..<count {
            threads.enter()
            Thread.detachNewThread {
                gate.wait()
                let result = Result { try body(number) }
                results.withLock { $0.append(result) }
                threads.leave()
            }
        }
        for _ in 0..<count { gate.signal() }
        threads.wait()
        return try results.withLock { try $0.map { try $0.get() } }
    }

    @Test func `of thirty-two that spend one token one rotates, and all get the same successor`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        // Four connections, as four processes would have.
        let stores = [test.store] + (try (0..<3).map { _ in try test.reopened() })
        let token = login.refreshToken
        let actor = test.actor
        let outcomes = try race(32) { number in
            try stores[number % 4].refresh(RefreshRequest(token: Array((token ?? "").utf8)), as: actor)
        }
        let pairs = try outcomes.map { try $0.pair }
        #expect(pairs.count { !$0.wasRepeated } == 1)
        #expect(Set(pairs.map(\.refreshToken)).count == 1)
        #expect(Set(pairs.map(\.access.id)).count == 32)
        let family = try test.family(login)
        #expect(family.generation == 2 && family.replays == 0)
        for store in stores.dropFirst() { try store.close() }
    }

    @Test func `spending beside a logout never leaves a live token`() throws {
        for seed in 0..<6 as Range<UInt64> {
            let test = try TestStore()
            let login = try test.logInWithTokens()
            let second = try test.reopened()
            let store = test.store
            let actor = test.actor
            let session = login.session.id.text
            let token = Array((login.refreshToken ?? "").utf8)
            let outcomes = try race(2) { number -> RefreshOutcome? in
                if (UInt64(number) + seed).isMultiple(of: 2) {
                    return try store.refresh(RefreshRequest(token: token), as: actor)
                }
                try second.run(SessionRevocation(.ids([session]), reason: nil), as: actor)
                return nil
            }
            let outcome = try #require(outcomes.compactMap { $0 }.first)
            if case .refreshed(let pair) = outcome {
                #expect(try test.verify(pair.access.text) == .inactive(.deniedSession))
                #expect(try test.refresh(pair.refreshToken).refusal == .ended)
            } else {
                #expect(outcome.refusal == .ended)
            }
            try second.close()
        }
    }
}
