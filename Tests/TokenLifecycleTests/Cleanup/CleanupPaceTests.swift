import Testing

@testable import TokenLifecycle

@Suite struct CleanupPaceTests {
    private static let wanted = Duration.milliseconds(25)

    /// So many batches, beside a writer that commits between them or alone.
    private func pace(after batches: Int, beside others: Bool) -> CleanupPace {
        var pace = CleanupPace(wanted: Self.wanted)
        var last = Instant.t0
        for _ in 0..<batches {
            let latest = others ? last + .ms : last
            last = latest + .ms
            pace.begin(at: last, after: latest)
            pace.committed(in: Self.wanted)
        }
        return pace
    }

    @Test func `it takes itself for alone only after a while, and no longer than nobody writes`() {
        #expect(!pace(after: 1, beside: false).isAlone)
        #expect(!pace(after: 1000, beside: true).isAlone)
        var alone = pace(after: 100, beside: false)
        #expect(alone.isAlone)
        alone.begin(at: .t0 + .hours(1), after: .t0 + .minutes(59))
        #expect(!alone.isAlone)
    }

    @Test func `beside others it pauses for as long as it held, and folds the log back early`() {
        let shared = pace(after: 100, beside: true)
        let alone = pace(after: 101, beside: false)
        #expect(shared.pause(after: .milliseconds(20)) == .milliseconds(20))
        #expect(shared.pause(after: .seconds(2)) == Self.wanted, "never longer than a hold should be")
        #expect(alone.pause(after: .milliseconds(20)) == .milliseconds(2))
        #expect(shared.logLimit <= 4 << 20 && alone.logLimit > 16 << 20)
    }

    @Test func `a batch grows and shrinks towards the wanted hold, by half or double at most`() {
        var pace = pace(after: 100, beside: false)
        pace.held(.milliseconds(1), isFull: true)
        #expect(pace.size == 1000)
        pace.held(.milliseconds(20), isFull: true)
        #expect(pace.size == 1250)
        pace.held(.seconds(1), isFull: true)
        #expect(pace.size == 625)
        pace.held(.milliseconds(1), isFull: false)
        #expect(pace.size == 625, "a batch that was not full says little")
        for _ in 0..<20 { pace.held(.seconds(1), isFull: false) }
        #expect(pace.size == 50)
    }

    @Test func `a checkpoint that held for long comes earlier the next time`() {
        var shared = pace(after: 100, beside: true)
        let before = shared.logLimit
        shared.foldedBack(in: .milliseconds(100))
        #expect(shared.logLimit == before / 2 && shared.longestHold == .milliseconds(100))
        for _ in 0..<20 { shared.foldedBack(in: .milliseconds(1)) }
        #expect(shared.logLimit == 3 << 20)
    }
}
