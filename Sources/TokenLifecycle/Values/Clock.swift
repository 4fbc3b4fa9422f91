internal import Glibc

/// Where the product takes its time from: injected, so that tests decide it.
public struct Clock: Sendable {
    /// The time of day, whatever the system says it is: it may step back.
    public var now: @Sendable () -> Instant
    /// Waits about this long. A test's clock moves forward instead.
    public var sleep: @Sendable (Duration) -> Void

    /// A clock of one's own, for tests.
    public init(now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Duration) -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The system's wall clock.
    public static let system = Clock(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        },
        sleep: { duration in
            var time = timespec(
                tv_sec: Int(duration.milliseconds / 1000), tv_nsec: Int(duration.milliseconds % 1000) * 1_000_000)
            nanosleep(&time, nil)
        })
}
