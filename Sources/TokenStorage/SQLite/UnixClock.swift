internal import Glibc

/// The system's clock, for records that say when a schema step was applied; the product's own times come from its callers.
package enum UnixClock {
    /// Whole milliseconds since 1970-01-01T00:00:00Z.
    package static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
