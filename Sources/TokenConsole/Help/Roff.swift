/// Text in the macros of man(7), for man-db and mandoc alike. What comes in is plain text, and is never taken for markup.
struct Roff {
    private(set) var text = ""

    /// The line that a page begins with. `date` is `2026-01-31`.
    mutating func title(_ title: String, _ section: String, date: String, source: String, manual: String) {
        // Readers parse the date, so its hyphens stay what they are.
        text += ".TH \"\(Self.escaped(title, inArgument: true))\" \(section) \"\(date)\" \"\(source)\" \"\(manual)\"\n"
        // No word broken at the end of a line, no blanks between words to fill one: commands stay as they are typed.
        text += ".nh\n.ad l\n"
    }

    /// A macro on a line of its own, each argument one word to it.
    mutating func macro(_ name: String, _ arguments: String...) {
        text +=
            "." + ([name] + arguments.map { "\"\(Self.escaped($0, inArgument: true))\"" }).joined(separator: " ") + "\n"
    }

    /// A line of text.
    mutating func line(_ words: String) {
        text += Self.guarded(Self.escaped(words)) + "\n"
    }

    /// A line of text with parts in bold or italic.
    mutating func line(_ parts: [Part]) {
        text += Self.guarded(parts.map(\.text).joined()) + "\n"
    }

    /// Lines as they are, in a font of even width.
    mutating func verbatim(_ lines: some Sequence<some StringProtocol>) {
        text += ".EX\n"
        // An empty line would be left out by some.
        for line in lines { if line.isEmpty { text += "\\&\n" } else { self.line(String(line)) } }
        text += ".EE\n"
    }

    enum Part {
        case plain(String)
        /// As it is typed.
        case bold(String)
        /// In whose place something is typed.
        case italic(String)

        fileprivate var text: String {
            switch self {
            case .plain(let text): Roff.escaped(text)
            case .bold(let text): "\\fB\(Roff.escaped(text))\\fR"
            case .italic(let text): "\\fI\(Roff.escaped(text))\\fR"
            }
        }
    }

    /// ASCII, so that no reader has to guess an encoding. A hyphen becomes the character that is typed, not the one that is
    /// printed, lest what is copied from a page be something else.
    private static func escaped(_ text: String, inArgument: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\"" where inArgument: result += "\\(dq"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)]"
            }
        }
        return result
    }

    /// A line that begins with a dot would be a macro.
    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") ? "\\&" + line : line
    }
}
