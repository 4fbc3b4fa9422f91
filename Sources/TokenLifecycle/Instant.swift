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

    /// From a JWT `NumericDate`: whole Unix seconds (RFC 7519 §2).
    public init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    /// Whole Unix seconds, rounded down: the `NumericDate` of this instant.
    public var seconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// So much later, to the millisecond.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds + duration.milliseconds)
    }

    /// So much earlier, to the millisecond.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds - duration.milliseconds)
    }

    /// The time between two instants; negative where the first one is earlier.
    public static func - (later: Instant, earlier: Instant) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
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
    }
}
