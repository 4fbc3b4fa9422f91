/// Whether a stream gets colour, decided once a stream.
package enum ColorChoice: String, CaseIterable, Sendable {
    case auto, always, never

    /// The flag first, then NO_COLOR, then CLICOLOR_FORCE, then whether the stream is a terminal that understands it.
    package func isOn(for sink: Sink, environment: [String: String]) -> Bool {
        func isSet(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        switch self {
        case .always: return true
        case .never: return false
        case .auto:
            if isSet("NO_COLOR") { return false }
            if isSet("CLICOLOR_FORCE"), environment["CLICOLOR_FORCE"] != "0" { return true }
            return sink.isTerminal && isSet("TERM") && environment["TERM"] != "dumb"
        }
    }
}

/// What a colour would say; the word beside it says the same.
package enum Tone: Sendable {
    /// Alive, healthy.
    case good
    /// Ending, or worth a look.
    case attention
    /// Ended by force, refused, broken.
    case bad
    /// Over in the ordinary way.
    case faint
    case strong

    private var code: String {
        switch self {
        case .good: "32"
        case .attention: "33"
        case .bad: "31"
        case .faint: "2"
        case .strong: "1"
        }
    }

    func paint(_ text: String, if isColored: Bool) -> String {
        isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
