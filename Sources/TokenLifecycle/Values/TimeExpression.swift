/// A time as an operator writes it, before it is known what "now" is.
package enum TimeExpression: Equatable, Sendable {
    case now
    case instant(Instant)
    /// A bare duration; which way it points is the verb's to say.
    case offset(Duration)

    /// In filters and in looking back, a bare duration is *ago*; in every act it is *from now*.
    package enum Direction: Sendable { case ago, fromNow }

    package init(_ text: String) throws(Failure) {
        if text == "now" {
            self = .now
        } else if text.utf8.contains(UInt8(ascii: "-")) {
            self = .instant(try Instant(rfc3339: text))
        } else if let duration = try? Duration(text: text) {
            self = .offset(duration)
        } else {
            // The time's own error: it names every form that would have been understood.
            self = .instant(try Instant(rfc3339: text))
        }
    }

    package func resolved(at now: Instant, _ direction: Direction) -> Instant {
        switch self {
        case .now: now
        case .instant(let instant): instant
        case .offset(let duration): direction == .ago ? now - duration : now + duration
        }
    }
}
