import Foundation

/// What is remembered from `{{name}}`.
struct Captures {
    /// What the transcript itself says: never taken for random while recording.
    let authored: String
    private(set) var values: [String: String] = [:]

    init(authored: String) {
        self.authored = authored
    }

    func filled(_ text: String) -> String {
        values.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
    }

    /// Whether `line` is what `pattern` expects; remembers what its new names stood for.
    mutating func matches(_ pattern: String, _ line: String) -> Bool {
        var names: [String] = []
        var expression = "^"
        for (index, part) in filled(pattern).components(separatedBy: "{{").enumerated() {
            let pieces = part.components(separatedBy: "}}")
            guard index > 0, pieces.count == 2 else {
                expression += NSRegularExpression.escapedPattern(for: index == 0 ? part : "{{\(part)")
                continue
            }
            names.append(pieces[0])
            expression += "(\\S+?)" + NSRegularExpression.escapedPattern(for: pieces[1])
        }
        let range = NSRange(line.startIndex..., in: line)
        guard let regex = try? NSRegularExpression(pattern: expression + "$"),
            let match = regex.firstMatch(in: line, range: range)
        else { return false }
        for (index, name) in names.enumerated() where name != "_" {
            if let range = Range(match.range(at: index + 1), in: line) { values[name] = String(line[range]) }
        }
        return true
    }

    /// While recording: gives names to what differs from run to run, in the order it appears.
    mutating func name(in text: String) {
        let whole = NSRange(text.startIndex..., in: text)
        for (kind, expression) in Self.random {
            for match in expression.matches(in: text, range: whole) {
                guard let range = Range(match.range, in: text) else { continue }
                let value = String(text[range])
                if authored.contains(value) || values.contains(where: { $0.value == value }) { continue }
                let number = values.keys.count { $0.hasPrefix("\(kind)_") } + 1
                values["\(kind)_\(number)"] = value
            }
        }
    }

    /// The text with names in place of what is remembered.
    func named(_ text: String) -> String {
        values.sorted { $0.value.count > $1.value.count }
            .reduce(text) { $0.replacingOccurrences(of: $1.value, with: "{{\($1.key)}}") }
    }

    private static let random: [(kind: String, NSRegularExpression)] = [
        ("session_token", #"tks_[0-9a-z]{40,}"#), ("refresh_token", #"tkr_[0-9a-z]{40,}"#),
        ("access_token", #"eyJ[\w-]+\.[\w-]+\.[\w-]+"#), ("ses", #"\bses_[0-9a-z]{8}\b"#),
        ("rt", #"\brt_[0-9a-z]{8}\b"#), ("kid", #"(?<![\w.-])[\w-]{43}(?![\w.-])"#),
        ("jti", #"(?<![\w./-])(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{22}(?![\w.-])"#),
        ("store", #"(?<![\w.-])(?=[a-z]*[0-9])[0-9a-hjkmnp-tv-z]{16}(?![\w.-])"#),
    ].compactMap { kind, text in (try? NSRegularExpression(pattern: text)).map { (kind, $0) } }
}
