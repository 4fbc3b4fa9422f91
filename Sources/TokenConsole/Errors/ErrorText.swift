internal import TokenJOSE
internal import TokenLifecycle

/// An error as it is written to standard error: two lines for people, one JSON line for programs.
enum ErrorText {
    static func text(_ failure: Failure) -> String {
        let hint = failure.hint.map { "tokenctl: hint: \(Escaping.visible($0))\n" } ?? ""
        return "tokenctl: error: \(Escaping.visible(failure.message))\n" + hint
    }

    /// With the code that the process is going to end with, or the line of a shell.
    static func json(_ failure: Failure, exit code: ExitCode) -> String {
        JSON.object([
            JSON.Member("schema", .string(Schema.name("error"))),
            JSON.Member("code", .string(failure.kind.rawValue)),
            JSON.Member("exit", .integer(Int64(code.rawValue))),
            JSON.Member("message", .string(failure.message)),
            JSON.Member("hint", failure.hint.map(JSON.string) ?? .null),
            JSON.Member("target", failure.target.map(JSON.string) ?? .null),
        ]).shownText + "\n"
    }

    /// Whether the arguments ask for JSON, known before they are parsed: errors of parsing are JSON then too.
    static func isJSONAsked(_ arguments: [String], environment: [String: String]) -> Bool {
        let formats: Set<Substring> = ["json", "ndjson"]
        var asked: Bool?
        var previous = ""
        for argument in arguments.prefix(while: { $0 != "--" }) {
            if argument == "--json" { return true }
            if previous == "-o" || previous == "--output" { asked = formats.contains(argument[...]) }
            for prefix in ["--output=", "-o=", "-o"] where argument.hasPrefix(prefix) && argument != prefix {
                asked = formats.contains(argument.dropFirst(prefix.count))
                break
            }
            previous = argument
        }
        return asked ?? formats.contains((environment["TOKENCTL_OUTPUT"] ?? "")[...])
    }
}
