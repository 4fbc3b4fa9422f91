internal import ArgumentParser

/// What `--help`, `help` and a bare noun show of a command: what it does, how, its own options. Those that every command
/// takes are named last and explained in one place, so that they bury nothing.
struct HelpPage {
    private let types: [any ParsableCommand.Type]
    /// What this command takes beyond what every command takes, as its description says it.
    let own: [CommandArguments.Argument]
    /// The names of what every command takes, as they may be typed.
    let globals: [String]

    init(of path: CommandPath) {
        self.init(of: path.types)
    }

    /// The page of the last of `types`; the others are what it stands below, the root first.
    init(of types: [any ParsableCommand.Type]) {
        self.types = types
        let all = types.last.map { CommandArguments(of: $0).all } ?? []
        own = all.filter { !CommandPath.isGlobal($0) }
        globals = all.filter(CommandPath.isGlobal).map { $0.names.joined(separator: " ") }
    }

    private var command: any ParsableCommand.Type { types[types.count - 1] }
    /// As typed: `tokenctl session list`.
    var name: String { types.map { $0.name }.joined(separator: " ") }
    var abstract: String { command.configuration.abstract }
    /// Paragraphs, and last the `EXAMPLES`.
    var discussion: String { command.configuration.discussion }

    func text(columns: Int?) -> String {
        let layout = HelpLayout(columns: columns)
        var parts = [layout.paragraphs(abstract), "USAGE: \(([name] + usage).joined(separator: " "))\n"]
        if !discussion.isEmpty { parts.append(layout.paragraphs(discussion)) }
        parts += [
            layout.section("ARGUMENTS", own.filter(\.isPositional).map { ("<\($0.valueName)>", $0.explanation) }),
            layout.section("OPTIONS", own.filter { !$0.isPositional }.map { ($0.label, $0.explanation) }),
            layout.section(
                "COMMANDS", subcommands.map { ($0.names.joined(separator: ", "), $0.configuration.abstract) }),
        ]
        if types.count == 1 {
            parts.append(layout.section("TOPICS", HelpTopic.allCases.map { ($0.rawValue, $0.summary) }))
        }
        parts.append("GLOBAL OPTIONS ('tokenctl help globals' explains them):\n" + layout.names(globals))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// What follows the name: `[OPTIONS]`, `--cause <cause>`, `[<id> ...]`.
    var usage: [String] {
        guard command.configuration.subcommands.isEmpty else {
            return [types.count == 1 ? "COMMAND" : "VERB", "[OPTIONS]"]
        }
        let required = own.filter { !$0.isPositional && $0.isRequired }.map(\.label)
        let positional = own.filter(\.isPositional).map { argument in
            let value = "<\(argument.valueName)>" + (argument.isRepeating ? " ..." : "")
            return argument.isRequired ? value : "[\(value)]"
        }
        return ["[OPTIONS]"] + required + positional
    }

    var subcommands: [any ParsableCommand.Type] { command.displayedSubcommands }
}

extension ParsableCommand {
    static var displayedSubcommands: [any ParsableCommand.Type] {
        configuration.subcommands.filter { $0.configuration.shouldDisplay }
    }
}

extension CommandPath {
    /// Whether every command takes it.
    static func isGlobal(_ argument: CommandArguments.Argument) -> Bool {
        argument.names.contains { globalsWithValue.contains($0) || globalFlags.contains($0) }
    }
}

extension CommandArguments.Argument {
    /// `-n, --dry-run`, `--user <user>`.
    var label: String {
        let short = names.filter { !$0.hasPrefix("--") } + names.filter { $0.hasPrefix("--") }
        return short.joined(separator: ", ") + (isOption ? " <\(valueName)>" : "")
    }

    /// Its sentence, and the words to choose from where the sentence does not say them.
    var explanation: String {
        let unsaid = choices.contains { !summary.contains($0) } ? choices.joined(separator: ", ") : ""
        let more = [unsaid, standard.isEmpty ? "" : "else \(standard)"].filter { !$0.isEmpty }.joined(separator: "; ")
        return more.isEmpty ? summary : "\(summary) (\(more))"
    }
}
