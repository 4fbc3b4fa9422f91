internal import TokenJOSE

/// What a check found: how grave, in one line, and what to do about it.
package struct Finding: Sendable {
    /// From harmless to grave. What could not be judged ranks above what is fine and below what is known to be wrong.
    package enum Answer: String, CaseIterable, Comparable, Sendable {
        case ok, unknown, warning, critical

        package static func < (a: Answer, b: Answer) -> Bool { a.rank < b.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// A number behind a finding, for graphs: what a monitoring plug-in calls performance data.
    package struct Measure: Sendable {
        package enum Unit: String, Sendable {
            case bytes = "B"
            case seconds = "s"
            case count = ""
        }

        package var name: String
        package var value: Int64
        package var unit: Unit
        /// Above these it is a warning, or critical; where `isFloor`, below them.
        package var warning: Int64?
        package var critical: Int64?
        package var isFloor = false
    }

    /// Of the check that found it.
    package var check = ""
    package var answer: Answer
    package var text: String
    package var hint: String?
    package var measures: [Measure] = []
    /// Whether it proves that what is stored cannot be trusted.
    package var isUntrusted = false
    /// Whether it proves nothing, because what is stored could not be read.
    var isUnreadable = false

    static func ok(_ text: String, hint: String? = nil, _ measures: Measure...) -> Finding {
        Finding(answer: .ok, text: text, hint: hint, measures: measures)
    }

    static func unknown(_ text: String, hint: String? = nil) -> Finding {
        Finding(answer: .unknown, text: text, hint: hint)
    }

    static func warning(_ text: String, hint: String? = nil, _ measures: Measure...) -> Finding {
        Finding(answer: .warning, text: text, hint: hint, measures: measures)
    }

    static func critical(_ text: String, hint: String? = nil, _ measures: Measure...) -> Finding {
        Finding(answer: .critical, text: text, hint: hint, measures: measures)
    }

    /// Something that breaks the trust in the file.
    static func untrusted(_ text: String, hint: String? = nil) -> Finding {
        Finding(answer: .critical, text: text, hint: hint, isUntrusted: true)
    }

    /// What a check ran into instead of an answer.
    init(of failure: Failure) {
        switch failure.kind {
        case .untrusted: self = .untrusted(failure.message, hint: failure.hint)
        case .busy, .notPermitted, .interrupted: self = .unknown(failure.message, hint: failure.hint)
        default: self = .critical(failure.message, hint: failure.hint)
        }
        isUnreadable = failure.kind == .io
    }

    private init(
        answer: Answer, text: String, hint: String?, measures: [Measure] = [], isUntrusted: Bool = false
    ) {
        self.answer = answer
        self.text = text
        self.hint = hint
        self.measures = measures
        self.isUntrusted = isUntrusted
    }

    /// The finding and what to do, in one line.
    package var line: String { hint.map { "\(text): \($0)" } ?? text }

    /// As finer detail of the same check: the graver answer, both texts.
    static func worst(of findings: [Finding], otherwise fine: Finding) -> Finding {
        let wrong = findings.filter { $0.answer > .ok }.sorted { $0.answer > $1.answer }
        guard var worst = wrong.first else { return fine }
        worst.text = wrong.map(\.text).joined(separator: "; ")
        worst.isUntrusted = wrong.contains(where: \.isUntrusted)
        worst.measures += fine.measures
        return worst
    }
}

extension Finding.Measure {
    static func bytes(_ name: String, _ value: Int, warning: Int? = nil, critical: Int? = nil, isFloor: Bool = false)
        -> Self
    {
        .init(
            name: name, value: Int64(value), unit: .bytes, warning: warning.map(Int64.init),
            critical: critical.map(Int64.init), isFloor: isFloor)
    }

    static func seconds(_ name: String, _ value: Duration, warning: Duration? = nil) -> Self {
        .init(
            name: name, value: value.components.seconds, unit: .seconds, warning: warning?.components.seconds)
    }

    static func count(_ name: String, _ value: Int, warning: Int? = nil) -> Self {
        .init(name: name, value: Int64(value), unit: .count, warning: warning.map(Int64.init))
    }
}
