internal import ArgumentParser

/// A page for man(1), made of what `--help` and `help` are made of: one for each command, one for each topic.
struct ManPage {
    private enum Subject {
        /// The types walked through, the root first.
        case command([any ParsableCommand.Type])
        case topic(HelpTopic)
    }

    private let subject: Subject

    /// `tokenctl-session-revoke`, `tokenctl-exit-codes`.
    private var title: String {
        switch subject {
        case .command(let types): types.map { $0.name }.joined(separator: "-")
        case .topic(let topic): "\(Tokenctl.name)-\(topic.rawValue)"
        }
    }

    private var section: String {
        switch subject {
        case .command: "1"
        case .topic: "7"
        }
    }

    /// The name of its file: `tokenctl-session-revoke.1`.
    var name: String { "\(title).\(section)" }

    /// Every page there is, the commands as their help lists them.
    static let all = pages(of: [Tokenctl.self]) + HelpTopic.allCases.map { ManPage(subject: .topic($0)) }

    private static func pages(of types: [any ParsableCommand.Type]) -> [ManPage] {
        [ManPage(subject: .command(types))]
            + types[types.count - 1].displayedSubcommands.flatMap { pages(of: types + [$0]) }
    }

    /// `date` as `2026-01-31`: it stands at the foot of the page.
    func text(date: String) -> String {
        var roff = Roff()
        roff.title(
            title.uppercased(), section, date: date, source: "tokenctl \(Version.current)", manual: "tokenctl manual")
        switch subject {
        case .command(let types): write(HelpPage(of: types), types, to: &roff)
        case .topic(let topic): write(topic, to: &roff)
        }
        return roff.text
    }

    private func write(_ topic: HelpTopic, to roff: inout Roff) {
        name(topic.summary, to: &roff)
        roff.macro("SH", "DESCRIPTION")
        for block in topic.blocks {
            switch block {
            case .paragraphs(let text): paragraphs(text[...], to: &roff)
            case .asIs(let text): roff.verbatim(text.split(separator: "\n", omittingEmptySubsequences: false))
            case .section(let title, let entries):
                roff.macro("SH", title)
                for entry in entries { self.entry([.bold(entry.label)], entry.text, to: &roff) }
            }
        }
        seeAlso([(Tokenctl.name, "1")], to: &roff)
    }

    private func write(_ page: HelpPage, _ types: [any ParsableCommand.Type], to roff: inout Roff) {
        name(page.abstract, to: &roff)
        roff.macro("SH", "SYNOPSIS")
        roff.line([.bold(page.name), .plain(" " + page.usage.joined(separator: " "))])
        let discussion = page.discussion.split(separator: "EXAMPLES\n", maxSplits: 1, omittingEmptySubsequences: false)
        if let text = discussion.first, text.contains(where: { !$0.isWhitespace }) {
            roff.macro("SH", "DESCRIPTION")
            paragraphs(text, to: &roff)
        }
        section("ARGUMENTS", of: page.own.filter(\.isPositional), to: &roff)
        section("OPTIONS", of: page.own.filter { !$0.isPositional }, to: &roff)
        commands(page.subcommands, of: types, to: &roff)
        if types.count == 1 { world(to: &roff) }
        roff.macro("SH", "GLOBAL OPTIONS")
        roff.line(page.globals.joined(separator: ", ") + ":")
        reference([("\(Tokenctl.name)-\(HelpTopic.globals.rawValue)", "7")], to: &roff)
        roff.macro("SH", "EXIT STATUS")
        roff.line("0 when it is done, 1 when the answer is no; what else there is:")
        reference([("\(Tokenctl.name)-\(HelpTopic.exitCodes.rawValue)", "7")], to: &roff)
        if discussion.count == 2 {
            roff.macro("SH", "EXAMPLES")
            roff.verbatim(discussion[1].split(separator: "\n").map { $0.drop { $0 == " " } })
        }
        let parents = types.indices.dropFirst().map { types.prefix($0).map { $0.name }.joined(separator: "-") }
        let topics = types.count == 1 ? HelpTopic.allCases.map { ("\(Tokenctl.name)-\($0.rawValue)", "7") } : []
        seeAlso(parents.reversed().map { ($0, "1") } + topics, to: &roff)
    }
}

extension ManPage {
    /// What apropos(1) reads: no markup.
    private func name(_ summary: String, to roff: inout Roff) {
        roff.macro("SH", "NAME")
        roff.line("\(title) - \(summary)")
    }

    private func paragraphs(_ text: Substring, to roff: inout Roff) {
        for (index, paragraph) in text.split(separator: "\n\n").enumerated() {
            if index > 0 { roff.macro("PP") }
            let lines = paragraph.split(separator: "\n")
            if lines.contains(where: { $0.hasPrefix(" ") }) {
                roff.verbatim(lines)
            } else {
                for line in lines { roff.line(String(line)) }
            }
        }
    }

    private func section(_ title: String, of arguments: [CommandArguments.Argument], to roff: inout Roff) {
        guard !arguments.isEmpty else { return }
        roff.macro("SH", title)
        for argument in arguments { entry(argument.parts, argument.explanation, to: &roff) }
    }

    private func commands(
        _ commands: [any ParsableCommand.Type], of types: [any ParsableCommand.Type], to roff: inout Roff
    ) {
        guard !commands.isEmpty else { return }
        roff.macro("SH", "COMMANDS")
        for command in commands {
            roff.macro("TP")
            roff.macro("BR", (types + [command]).map { $0.name }.joined(separator: "-"), "(1)")
            roff.line(command.configuration.abstract)
        }
    }

    /// What the program finds around itself.
    private func world(to roff: inout Roff) {
        roff.macro("SH", "ENVIRONMENT")
        for variable in HelpTopic.variables { entry([.bold(variable.label)], variable.text, to: &roff) }
        roff.macro("SH", "FILES")
        for file in Self.files { entry([.italic(file.label)], file.text, to: &roff) }
    }

    private static let files: [HelpBlock.Entry] = [
        ("/var/lib/tokenctl/tokens.db", "The database of the machine, where there is one"),
        ("$XDG_DATA_HOME/tokenctl/tokens.db", "Else the user's own; ~/.local/share where the variable is not set"),
        ("$XDG_CONFIG_HOME/tokenctl/master.key", "The master key; ~/.config where the variable is not set"),
        ("$XDG_STATE_HOME/tokenctl/history", "The shell's history; ~/.local/state where the variable is not set"),
    ]

    private func entry(_ label: [Roff.Part], _ text: String, to roff: inout Roff) {
        roff.macro("TP")
        roff.line(label)
        roff.line(text)
    }

    private func seeAlso(_ pages: [(title: String, section: String)], to roff: inout Roff) {
        guard !pages.isEmpty else { return }
        roff.macro("SH", "SEE ALSO")
        reference(pages, to: &roff)
    }

    private func reference(_ pages: [(title: String, section: String)], to roff: inout Roff) {
        for (index, page) in pages.enumerated() {
            roff.macro("BR", page.title, "(\(page.section))" + (index == pages.count - 1 ? "" : ","))
        }
    }
}

extension CommandArguments.Argument {
    /// `-n, --dry-run`, `--user user`, `id`.
    fileprivate var parts: [Roff.Part] {
        guard !isPositional else { return [.italic(valueName)] }
        return [.bold(names.reversed().joined(separator: ", "))] + (isOption ? [.plain(" "), .italic(valueName)] : [])
    }
}
