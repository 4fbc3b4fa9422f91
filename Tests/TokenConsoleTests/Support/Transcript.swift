import Foundation
import TokenConsole
import TokenLifecycle

/// An operator's session as a text file: commands and what they must answer.
///
///     # at 2026-01-01T00:00:00Z      the clock from here on; "# after 5m" moves it; other # lines are comments
///     < text                         a line of standard input for the next command
///     $ tokenctl noun verb           the command
///     output                         its standard output, line by line
///     ! error                        its standard error
///     ? 4                            its exit code, where it is not 0
///
/// `{{name}}` in expected output matches text without blanks and remembers it; later on, also in commands, it stands for
/// that text. `{{_}}` matches and forgets.
struct Transcript {
    struct Step {
        var line: Int
        var now: Instant
        var input = ""
        var command: String
        var output: [String] = []
        var errors: [String] = []
        var code: Int32 = 0
    }

    let steps: [Step]

    init(_ text: String) throws {
        var steps: [Step] = []
        var now = TestWorld.newYear
        var input = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("# at ") {
                now = try Instant(rfc3339: String(line.dropFirst(5)))
            } else if line.hasPrefix("# after ") {
                now = now + (try Duration(text: String(line.dropFirst(8))))
            } else if line.hasPrefix("< ") {
                input += line.dropFirst(2) + "\n"
            } else if line.hasPrefix("$ ") {
                steps.append(Step(line: index + 1, now: now, input: input, command: String(line.dropFirst(2))))
                input = ""
            } else if line.isEmpty || line.hasPrefix("#") {
                continue
            } else {
                guard !steps.isEmpty else { throw Failure(.malformed, "line \(index + 1) stands before any command") }
                steps[steps.count - 1].expect(line)
            }
        }
        self.steps = steps
    }
}

extension Transcript.Step {
    fileprivate mutating func expect(_ line: Substring) {
        if line.hasPrefix("! ") {
            errors.append(String(line.dropFirst(2)))
        } else if line.hasPrefix("? ") {
            code = Int32(line.dropFirst(2)) ?? -1
        } else {
            output.append(String(line))
        }
    }
}

/// What is remembered from `{{name}}`.
struct Captures {
    private(set) var values: [String: String] = [:]

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
}
