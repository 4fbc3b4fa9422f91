internal import ArgumentParser
internal import TokenLifecycle

struct Help: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Explain a command, or what concerns them all",
        discussion: """
            EXAMPLES
              tokenctl help session revoke
              tokenctl help exit-codes
            """)

    static let result = ResultShape.text("help")

    @Argument(help: "A command, or globals, formats, times, exit-codes")
    var words: [String] = []

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        try console.output.write(try text(columns: console.output.columns))
    }

    private func text(columns: Int?) throws -> String {
        if words.count == 1, let topic = HelpTopic(rawValue: words[0]) { return topic.text(columns: columns) }
        do {
            let path = try CommandPath(words, from: Tokenctl.self)
            guard let extra = path.options.first else { return HelpPage(of: path).text(columns: columns) }
            throw Failure(
                .usage, "\(path.text) has nothing below it called '\(extra.prefix(40))'",
                hint: "see '\(path.text) --help'")
        } catch var failure as Failure {
            if words.count == 1,
                let topic = Suggestions.nearest(to: words[0], among: HelpTopic.allCases.map(\.rawValue))
            {
                failure.hint = "did you mean 'tokenctl help \(topic)'"
            }
            throw failure
        }
    }
}
