import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyTimelineTests {
    private func lanes(_ test: TestStore) throws -> [String: [String]] {
        let timeline = try test.read { try $0.keyTimeline(since: .days(100), ahead: .days(100)) }
        return Dictionary(
            uniqueKeysWithValues: timeline.lanes.map { lane in
                (lane.key.kid, lane.spans.map { "\($0.phase.rawValue)\($0.isPlanned ? "?" : "")" })
            })
    }

    @Test func `every key's past, present and plan`() throws {
        let test = try TestStore()
        let (first, second) = (try #require(try test.signer), try #require(try test.standbys.first))
        #expect(try lanes(test) == [first: ["active", "retiring?"], second: ["standby", "active?"]])
        test.advance(.days(10))
        try test.rotate()
        let third = try #require(try test.standbys.first)
        #expect(
            try lanes(test) == [
                first: ["active", "retiring"], second: ["standby", "active", "retiring?"],
                third: ["standby", "active?"],
            ])
        test.advance(.days(1))
        try test.cleanUp()
        try test.run(KeyGeneration(.edDSA, kid: "spare", reason: nil))
        try test.revokeKey("spare")
        #expect(try lanes(test)["spare"] == ["standby"])
        #expect(try lanes(test)[first] == ["active", "retiring"])
    }

    @Test func `spans follow each other, and exactly one key signs at any time`() throws {
        let test = try TestStore()
        var random = SeededRandom(11)
        for _ in 0..<30 {
            test.advance(.hours(Int64.random(in: 1...200, using: &random)))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: _ = try? test.run(KeyRollback(reason: nil))
            case 1: try test.rotate { $0.isEmergency = true }
            case 2: try test.revokeKey(try #require(try test.signer), replacing: true)
            case 3: try test.cleanUp()
            default: try test.rotate()
            }
            _ = try test.store.issue(.init(user: "a"), as: test.actor)
        }
        let timeline = try test.read { try $0.keyTimeline(since: test.now - .t0, ahead: .days(100)) }
        for lane in timeline.lanes {
            for (span, next) in zip(lane.spans, lane.spans.dropFirst()) { #expect(span.until == next.from) }
        }
        let turns = timeline.lanes.flatMap(\.spans).filter { $0.phase == .active }.sorted { $0.from < $1.from }
        #expect(turns.count > 10)
        for (turn, next) in zip(turns, turns.dropFirst()) { #expect(turn.until == next.from) }
        #expect(turns.last?.until == nil)
    }

    @Test func `a key brought back has two turns`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        test.advance(.minutes(5))
        try test.run(KeyRollback(reason: nil))
        let timeline = try test.read { try $0.keyTimeline(since: .days(1), ahead: .days(1)) }
        let spans = try #require(timeline.lanes.first { $0.key.kid == first }?.spans)
        #expect(spans.filter { !$0.isPlanned }.map(\.phase) == [.active, .retiring, .active])
        test.advance(.hours(1))
        try test.rotate()
        let second = try #require(
            try test.read { try $0.keyTimeline(since: .days(1), ahead: .days(1)) }.lanes.dropFirst().first)
        #expect(second.spans.filter { !$0.isPlanned }.map(\.phase) == [.standby, .active, .standby, .active])
    }
}
