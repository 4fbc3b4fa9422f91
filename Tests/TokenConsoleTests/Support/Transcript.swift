import Foundation
import TokenConsole
import TokenLifecycle

/// An operator's session as a text file: commands and what they must answer.
///
///     # at 2026-01-01T00:00:00Z      the clock from here on; "# after 5m" moves it; other # lines are comments
///     # terminal 100                 from here on a person looks on, at so many columns; "# no terminal" ends it
///     < text                         a line of standard input for the next command
///     > text                         what the person answers the next command's question
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
        /// The columns of the terminal; nil where there is none.
        var terminal: Int?
        var input = ""
        var typed: [String] = []
        var command: String
        var output: [String] = []
        var errors: [String] = []
        var code: Int32 = 0
    }

    let steps: [Step]

    init(_ text: String) throws {
        var steps: [Step] = []
        var now = TestWorld.newYear
        var terminal: Int?
        var input = ""
        var typed: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("# at ") {
                now = try Instant(rfc3339: String(line.dropFirst(5)))
            } else if line.hasPrefix("# after ") {
                now = now + (try Duration(text: String(line.dropFirst(8))))
            } else if line.hasPrefix("# terminal ") {
                terminal = Int(line.dropFirst(11))
            } else if line == "# no terminal" {
                terminal = nil
            } else if line.hasPrefix("< ") {
                input += line.dropFirst(2) + "\n"
            } else if line.hasPrefix("> ") {
                typed.append(String(line.dropFirst(2)))
            } else if line.hasPrefix("$ ") {
                steps.append(
                    Step(
                        line: index + 1, now: now, terminal: terminal, input: input, typed: typed,
                        command: String(line.dropFirst(2))))
                input = ""
                typed = []
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
