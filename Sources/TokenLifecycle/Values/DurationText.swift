extension Duration {
    /// The longest duration that a text can name, a hundred years: far from any overflow when added to an instant.
    package static let longest = Duration.seconds(36_525 * 86_400)

    /// Reads `90s`, `15m`, `1h30m`, `7d`, `2w`: units from large to small, each once, no sign and no fraction.
    ///
    /// `ms` is understood only where `allowingMilliseconds` says so, so that `5ms` is not five minutes misspelt.
    package init(text: String, allowingMilliseconds: Bool = false) throws(Failure) {
        var rest = Substring(text)
        var total: Int64 = 0
        var smallest = Int64.max
        repeat {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { ("a"..."z").contains($0) }
            rest = rest.dropFirst(letters.count)
            guard !digits.isEmpty, let unit = Self.units.first(where: { $0.name == letters })?.milliseconds,
                unit > 1 || allowingMilliseconds, unit < smallest
            else { throw Self.unreadable(text, allowingMilliseconds) }
            smallest = unit
            guard let count = Int64(digits), case let (part, overflow) = count.multipliedReportingOverflow(by: unit),
                !overflow, case let (sum, tooMuch) = total.addingReportingOverflow(part),
                !tooMuch, sum <= Self.longest.milliseconds
            else { throw Failure(.usage, "duration \(text.prefix(40)) is longer than a hundred years") }
            total = sum
        } while !rest.isEmpty
        self = .milliseconds(total)
    }

    /// The shortest text that reads back as this duration: `1h30m`, `7d`, `250ms`, `0s`; a negative one gets a `-`.
    package var text: String {
        guard self != .zero else { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for unit in Self.units where unit.name != "w" {
            let size = UInt64(unit.milliseconds)
            if rest >= size { text += "\(rest / size)\(unit.name)" }
            rest %= size
        }
        return text
    }

    /// Rounded down, for a length of time of which nobody wants the seconds.
    var wholeDays: Duration { .seconds(components.seconds / 86_400 * 86_400) }

    private static let units: [(name: Substring, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    private static func unreadable(_ text: String, _ allowingMilliseconds: Bool) -> Failure {
        Failure(
            .usage, "cannot read '\(text.prefix(40))' as a duration",
            hint: "write 90s, 15m, 1h30m, 7d or 2w\(allowingMilliseconds ? ", or 25ms" : "")")
    }
}
