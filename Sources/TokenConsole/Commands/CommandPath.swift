internal import ArgumentParser
internal import TokenLifecycle

/// Which command the arguments name, found before parsing: the parser knows no "did you mean" for nouns and verbs, and
/// would take a misspelt verb for a stray argument.
struct CommandPath {
    /// The commands walked through, the root first.
    private(set) var types: [any ParsableCommand.Type]
    /// The arguments without the words that named the command.
    private(set) var options: [String] = []

    var last: any ParsableCommand.Type { types[types.count - 1] }
    /// As typed: `tokenctl session list`.
    var text: String { types.map { $0.name }.joined(separator: " ") }

    /// Walks down from `root`. A word that names no noun or verb is `.usage`, with the nearest that does.
    init(_ arguments: [String], from root: any ParsableCommand.Type) throws(Failure) {
        types = [root]
        var rest = arguments[...]
        while let word = rest.first {
            if word == "--" { break }
            if word.hasPrefix("-") {
                // Before the verb only globals can stand; what else stands there, the parser names.
                guard last.configuration.subcommands.isEmpty || Self.isGlobal(word) else { break }
                let count = Self.takesValue(word) ? 2 : 1
                options += rest.prefix(count)
                rest = rest.dropFirst(count)
                continue
            }
            let children = last.configuration.subcommands
            guard !children.isEmpty else { break }
            guard let child = children.first(where: { $0.names.contains(word) }) else {
                throw unknown(word, among: children)
            }
            types.append(child)
            rest = rest.dropFirst()
        }
        options += rest
    }

    private func unknown(_ word: String, among children: [any ParsableCommand.Type]) -> Failure {
        let kind = types.count == 1 ? "command" : "verb"
        let nearest = Suggestions.nearest(to: word, among: children.flatMap { $0.names })
        return Failure(
            .usage, "\(text) knows no \(kind) '\(word.prefix(40))'",
            hint: nearest.map { "did you mean '\(text) \($0)'" } ?? "see '\(text) --help'")
    }

    /// The global options that are followed by a value; only they can stand between a command and its subcommand.
    static let globalsWithValue: Set<String> = [
        "--db", "--master-key", "-o", "--output", "--columns", "--color", "--time", "--lock-timeout", "--as",
    ]

    /// The global options that stand alone.
    static let globalFlags: Set<String> = [
        "--json", "--no-header", "-q", "--quiet", "-v", "--verbose", "--cron", "--no-input", "--read-only", "-h",
        "--help", "--version",
    ]

    /// Also `--output=json`, `-ojson`, and short flags together, as in `-qvv`.
    private static func isGlobal(_ word: String) -> Bool {
        let name = String(word.prefix { $0 != "=" })
        return globalFlags.contains(word) || globalsWithValue.contains(name)
            || (!word.hasPrefix("--") && (word.hasPrefix("-o") || word.dropFirst().allSatisfy { "qvh".contains($0) }))
    }

    private static func takesValue(_ word: String) -> Bool { globalsWithValue.contains(word) }
}

extension ParsableCommand {
    static var name: String { configuration.commandName ?? String(describing: Self.self).lowercased() }
    static var names: [String] { [name] + configuration.aliases }
}
