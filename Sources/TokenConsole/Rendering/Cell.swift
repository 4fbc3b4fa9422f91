package import TokenJOSE
package import TokenLifecycle

/// One value of a record, typed, so that each format can say it in its own way.
package enum Cell: Sendable, Equatable {
    /// Stored or foreign text: hostile until escaped.
    case text(String)
    /// A public id, a kid, a number that names something.
    case id(String)
    case instant(Instant)
    /// In JSON a number of seconds.
    case duration(Duration)
    case count(Int64)
    case bool(Bool)
    /// A derived state: always a word, and a colour where there is colour.
    case state(String, Tone)
    case json(JSON)
    case none

    package static func text(ifAny text: String?) -> Cell { text.map { .text($0) } ?? .none }
    package static func instant(ifAny instant: Instant?) -> Cell { instant.map { .instant($0) } ?? .none }
    package static func count(_ count: Int) -> Cell { .count(Int64(count)) }
}

extension Cell {
    var json: JSON {
        switch self {
        case .text(let text), .id(let text), .state(let text, _): .string(text)
        case .instant(let instant): .string(instant.rfc3339)
        case .duration(let duration):
            duration.milliseconds % 1000 == 0
                ? .integer(duration.milliseconds / 1000) : .number(Double(duration.milliseconds) / 1000)
        case .count(let count): .integer(count)
        case .bool(let bool): .bool(bool)
        case .json(let json): json
        case .none: .null
        }
    }

    /// The value as text, not yet escaped; empty where there is none.
    func text(_ times: TimeStyle, now: Instant) -> String {
        switch self {
        case .text(let text), .id(let text), .state(let text, _): text
        case .instant(let instant): times.text(instant, now: now)
        case .duration(let duration): duration.text
        case .count(let count): String(count)
        case .bool(let bool): bool ? "yes" : "no"
        case .json(let json): json.text
        case .none: ""
        }
    }

    /// Whether someone else chose the text, so that a spreadsheet must not take it for a formula.
    var isForeignText: Bool {
        switch self {
        case .text, .id, .json, .state: true
        case .instant, .duration, .count, .bool, .none: false
        }
    }

    var tone: Tone? {
        if case .state(_, let tone) = self { tone } else { nil }
    }
}
