internal import ArgumentParser

/// What the shell answers itself when asked for help: alone, the whole; and its own words.
enum HelpInShell {
    /// Nil for what `help` of the command tree knows.
    static func text(_ words: [String]) -> String? {
        guard let word = words.first else { return overview }
        guard words.count == 1, let own = Builtin.names.first(where: { $0.name == word }) else { return nil }
        return "\(own.name): \(own.summary); 'help shell' says more\n"
    }

    private static var overview: String {
        let commands = Tokenctl.configuration.subcommands.filter {
            $0.configuration.shouldDisplay && $0 != ShellCommand.self
        }
        .map { ($0.name, $0.configuration.abstract) }
        return """
            To find and end a session:  session list --user NAME, then session revoke @1
            To end all of a user's:     user show NAME, then user logout NAME --reason WHY


            """ + block("COMMANDS ('help session revoke' explains one)", commands)
                + block("OF THE SHELL", Builtin.names)
                + block("TOPICS ('help filters')", HelpTopic.allCases.map { ($0.rawValue, $0.summary) })
                + "Tab completes, also ids; Ctrl-R searches what was typed; Ctrl-C ends what runs; Ctrl-D leaves.\n"
    }

    private static func block(_ title: String, _ rows: [(String, String)]) -> String {
        title + "\n" + rows.map { "  \($0.0.padded(12))\($0.1)\n" }.joined() + "\n"
    }
}
