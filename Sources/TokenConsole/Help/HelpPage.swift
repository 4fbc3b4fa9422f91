internal import ArgumentParser

/// What `--help`, `help` and a bare noun show of a command: what it does, how, its own options. Those that every command
/// takes are named last and explained in one place, so that they bury nothing.
struct HelpPage {
    private let types: [any ParsableCommand.Type]

    init(of path: CommandPath) {
        types = path.types
    }

    private var command: any ParsableCommand.Type { types[types.count - 1] }
    private var name: String { types.map { $0.name }.joined(separator: " ") }

    func text(columns: Int?) -> String {
        let layout = HelpLayout(columns: columns)
        let arguments = CommandArguments(of: command)
        let own = arguments.all.filter { !CommandPath.isGlobal($0) }
        var parts = [layout.paragraphs(command.configuration.abstract), "USAGE: \(usage(own))\n"]
        if !command.configuration.discussion.isEmpty {
            parts.append(layout.paragraphs(command.configuration.discussion))
        }
        parts += [
            layout.section("ARGUMENTS", own.filter(\.isPositional).map { ("<\($0.valueName)>", $0.explanation) }),
            layout.section("OPTIONS", own.filter { !$0.isPositional }.map { ($0.label, $0.explanation) }),
            layout.section("COMMANDS", subcommands),
        ]
        if types.count == 1 {
            parts.append(layout.section("TOPICS", HelpTopic.allCases.map { ($0.rawValue, $0.summary) }))
        }
        let globals = arguments.all.filter(CommandPath.isGlobal).map { $0.names.joined(separator: " ") }
        parts.append("GLOBAL OPTIONS ('tokenctl help globals' explains them):\n" + layout.names(globals))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func usage(_ own: [CommandArguments.Argument]) -> String {
        guard command.configuration.subcommands.isEmpty else {
            return "\(name) \(types.count == 1 ? "COMMAND" : "VERB") [OPTIONS]"
        }
        let required = own.filter { !$0.isPositional && $0.isRequired }.map(\.label)
        let positional = own.filter(\.isPositional).map { argument in
            let value = "<\(argument.valueName)>" + (argument.isRepeating ? " ..." : "")
            return argument.isRequired ? value : "[\(value)]"
        }
        return ([name, "[OPTIONS]"] + required + positional).joined(separator: " ")
    }

    private var subcommands: [(String, String)] {
        command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
            .map { ($0.names.joined(separator: ", "), $0.configuration.abstract) }
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
