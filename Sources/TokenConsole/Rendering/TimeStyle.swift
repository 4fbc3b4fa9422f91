internal import ArgumentParser
internal import TokenLifecycle

/// How times read in text output. JSON carries RFC 3339 whatever this is.
package enum TimeStyle: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// `3m ago`, `in 12m`.
    case relative
    /// `2026-01-01T09:30:00.000Z`.
    case iso
    /// Whole seconds since 1970, rounded down.
    case unix

    func text(_ instant: Instant, now: Instant) -> String {
        switch self {
        case .iso: instant.rfc3339
        case .unix: String(instant.seconds)
        case .relative: Self.distance(from: now, to: instant)
        }
    }

    /// In one unit, the largest of which there are at least two, or one of a minute and more; rounded down.
    private static func distance(from now: Instant, to instant: Instant) -> String {
        let seconds = (instant - now).milliseconds / 1000
        guard seconds != 0 else { return "now" }
        let size = seconds.magnitude
        let text =
            switch size {
            case ..<60: "\(size)s"
            case ..<3600: "\(size / 60)m"
            case ..<172_800: "\(size / 3600)h"
            case ..<(730 * 86_400): "\(size / 86_400)d"
            default: "\(size / (365 * 86_400))y"
            }
        return seconds < 0 ? "\(text) ago" : "in \(text)"
    }
}
