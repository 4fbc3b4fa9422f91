extension Instant {
    /// The first instant that texts can name: 1970-01-01T00:00:00.000Z.
    package static let earliest = Instant(milliseconds: 0)
    /// The last instant that RFC 3339 can name: 9999-12-31T23:59:59.999Z.
    package static let latest = Instant(milliseconds: 253_402_300_799_999)

    /// RFC 3339, UTC, always with three digits of a second: `2026-01-01T09:30:00.000Z`.
    ///
    /// One fixed width, so that a sort of the texts is a sort of the times.
    public var rfc3339: String {
        let fraction = milliseconds - seconds * 1000
        return "\(dayAndTime).\(padded(fraction, 3))Z"
    }

    /// RFC 3339, UTC, whole seconds, rounded down: for people and for times that are whole seconds by nature.
    public var rfc3339Seconds: String { "\(dayAndTime)Z" }

    /// As short as it can be without doubt at `now`: `09:30:00Z` within a day, else with its date. Whole seconds, UTC.
    package func clockText(at now: Instant) -> String {
        let distance = self >= now ? self - now : now - self
        return distance < .seconds(86_400) ? "\(dayAndTime.dropFirst(11))Z" : rfc3339Seconds
    }

    private var dayAndTime: String {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = seconds - day * 86_400
        let date = CivilDate(daysSinceEpoch: day)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    }

    /// Reads an RFC 3339 date and time with its offset (§5.6), or a day alone, which means its beginning in UTC.
    ///
    /// Digits beyond milliseconds are cut. A leap second (`:60`) has no place in Unix time and is refused, as is any
    /// time outside 1970 to 9999.
    public init(rfc3339 text: String) throws(Failure) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2)
        else { throw Self.unreadable(text) }
        guard let date = CivilDate(year: year, month: month, day: day) else {
            throw Failure(.usage, "there is no day \(text.prefix(10))", hint: "write year-month-day, as in 2026-01-31")
        }
        var milliseconds = date.daysSinceEpoch * 86_400_000
        if !scanner.isAtEnd {
            guard let time = scanner.timeOfDay(), scanner.isAtEnd else { throw Self.unreadable(text) }
            milliseconds += time
        }
        self.init(milliseconds: milliseconds)
        guard (Self.earliest...Self.latest).contains(self) else {
            throw Failure(.usage, "time \(text.prefix(40)) is outside 1970 to 9999")
        }
    }

    private static func unreadable(_ text: String) -> Failure {
        Failure(
            .usage, "cannot read '\(text.prefix(40))' as a time",
            hint: "write 2026-01-31T09:30:00Z, 2026-01-31, now, or a duration such as 90m")
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Walks over ASCII text a field at a time.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ characters: Unicode.Scalar...) -> Bool {
        guard let first = rest.first, characters.contains(Unicode.Scalar(first)) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Exactly `count` digits.
    mutating func number(_ count: Int) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// `THH:MM:SS[.f…](Z|±HH:MM)` in milliseconds since the day began in UTC.
    mutating func timeOfDay() -> Int64? {
        guard take("T", "t", " "), let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60,
            take(":"), let second = number(2), second < 60
        else { return nil }
        var milliseconds = (hour * 3600 + minute * 60 + second) * 1000
        if take(".") {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            let firstThree = digits.prefix(3).reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
            milliseconds += firstThree * [100, 10, 1][min(digits.count, 3) - 1]
        }
        if take("Z", "z") { return milliseconds }
        let isEast = rest.first == UInt8(ascii: "+")
        guard take("+", "-"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60
        else { return nil }
        return milliseconds + (isEast ? -1 : 1) * (hours * 60 + minutes) * 60_000
    }
}
