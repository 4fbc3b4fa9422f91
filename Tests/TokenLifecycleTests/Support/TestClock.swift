import Synchronization

@testable import TokenLifecycle

/// Time that only moves when a test, or a wait, moves it.
final class TestClock: Sendable {
    private let time: Mutex<Instant>
    private let waits = Mutex<[Duration]>([])

    init(_ start: Instant = .t0) {
        time = Mutex(start)
    }

    var now: Instant {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    /// What was waited for, in order.
    var slept: [Duration] { waits.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }

    var clock: Clock {
        Clock(
            now: { self.now },
            sleep: { duration in
                self.waits.withLock { $0.append(duration) }
                self.advance(duration)
            })
    }
}

extension Instant {
    /// 2026-01-01T00:00:00Z: where tests begin unless they say otherwise.
    static let t0 = Instant(milliseconds: 1_767_225_600_000)
}

extension Duration {
    static let ms = Duration.milliseconds(1)
    static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
    static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}
