package import TokenStorage

/// A point in time: whole Unix milliseconds, UTC (the unit of every time in the store).
public struct Instant: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z, leap seconds not counted; negative before.
    public var milliseconds: Int64

    /// So many milliseconds since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// 1970-01-01T00:00:00Z.
    package static let epoch = Instant(milliseconds: 0)

    /// From a JWT `NumericDate`: whole Unix seconds (RFC 7519 §2). What no millisecond can name is the last that can.
    public init(seconds: Int64) {
        self.milliseconds =
            seconds.multipliedReportingOverflow(by: 1000).overflow
            ? (seconds < 0 ? .min : .max) : seconds * 1000
    }

    /// Whole Unix seconds, rounded down: the `NumericDate` of this instant.
    public var seconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds + 1) / 1000 - 1
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    // At the ends of what can be counted time stands still: a file that was tampered with must not stop the program.

    /// So much later, to the millisecond.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, isBeyond) = instant.milliseconds.addingReportingOverflow(duration.milliseconds)
        return Instant(milliseconds: isBeyond ? (duration < .zero ? .min : .max) : sum)
    }

    /// So much earlier, to the millisecond.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        let (rest, isBeyond) = instant.milliseconds.subtractingReportingOverflow(duration.milliseconds)
        return Instant(milliseconds: isBeyond ? (duration < .zero ? .max : .min) : rest)
    }

    /// The time between two instants; negative where the first one is earlier.
    public static func - (later: Instant, earlier: Instant) -> Duration {
        let (distance, isBeyond) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return .milliseconds(isBeyond ? (later < earlier ? .min : .max) : distance)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension Instant: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .integer(milliseconds) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        self.init(milliseconds: try Int64(sqlValue: sqlValue))
        // Nothing of ours writes another, and none could be told as text.
        guard (Self.earliest...Self.latest).contains(self) else {
            throw StorageError(
                .corrupt, "a time outside 1970 to 9999", hint: "'tokenctl doctor --deep' says what else is wrong")
        }
    }
}
