internal import ArgumentParser
internal import TokenLifecycle

/// What can stand before the verb: the globals alone. Describing a noun, the parser describes every verb below it, which
/// takes several times as long as the rest of an answer.
private struct BeforeTheVerb: ParsableCommand {
    static let configuration = CommandConfiguration(version: Version.current)
    @OptionGroup var global: GlobalOptions
}

/// Where on a command line the cursor stands: at a verb, an option, or a value.
struct LineState {
    enum Expected: Equatable {
        case command
        case option
        /// A value: from where, or of which fixed choice. `prefix` is what stands before it in the same word: `--user=`.
        case value(ValueSource, choices: [String], prefix: String)
    }

    private(set) var expected: Expected
    /// Positional arguments before the cursor.
    private(set) var arguments: [String] = []
    private(set) var commands: [Offer] = []
    private(set) var options: [Offer] = []
    private(set) var columns: [String] = []

    init(_ path: CommandPath, beginning: String) {
        let command = path.last
        let isVerb = command.configuration.subcommands.isEmpty
        let description = CommandArguments(of: isVerb ? command : BeforeTheVerb.self)
        columns = (command as? any ConsoleCommand.Type)?.result.columns ?? []
        var pending: CommandArguments.Argument?
        var isOver = false
        var used: Set<String> = []
        for word in OptionalValue.filled(path.options) {
            if pending != nil {
                pending = nil
            } else if isOver || !word.hasPrefix("-") || word == "-" {
                arguments.append(word)
            } else if word == "--" {
                isOver = true
            } else {
                let option = description.option(String(word.prefix { $0 != "=" }))
                if let option, !option.isRepeating { used.insert(option.name) }
                pending = option?.isOption == true && !word.contains("=") ? option : nil
            }
        }
        if let pending {
            expected = .value(ValueSource.of(pending), choices: pending.choices, prefix: "")
        } else if !isOver, beginning.hasPrefix("--"), let equals = beginning.firstIndex(of: "=") {
            let option = description.option(String(beginning[..<equals]))
            expected = .value(
                option.map { ValueSource.of($0) } ?? .free, choices: option?.choices ?? [],
                prefix: String(beginning[...equals]))
        } else if !isOver, beginning.hasPrefix("-") {
            expected = .option
            options = description.all.filter { !$0.isPositional && !used.contains($0.name) }
                .flatMap { argument in
                    argument.names.filter { $0.hasPrefix("--") }.map { Offer($0, note: argument.summary) }
                }
        } else if !isVerb {
            expected = .command
            commands = command.displayedSubcommands
                .map { Offer($0.name, note: $0.configuration.abstract) }
        } else {
            let positional = description.positional
            let next = arguments.count < positional.count ? positional[arguments.count] : positional.last
            let isTaken = arguments.count >= positional.count && next?.isRepeating != true
            let name = path.types.dropFirst().map { $0.name }.joined(separator: " ")
            expected =
                isTaken
                ? .value(.free, choices: [], prefix: "")
                : .value(
                    ValueSource.ofArgument(arguments.count, of: name), choices: next?.choices ?? [], prefix: "")
        }
    }

    /// The value given to an option, wherever it stands.
    static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == option { return index + 1 < words.count ? words[index + 1] : nil }
            if word.hasPrefix("\(option)=") { return String(word.dropFirst(option.count + 1)) }
        }
        return nil
    }
}
