internal import ArgumentParser
internal import TokenLifecycle

/// `completion …`
struct CompletionCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Completion scripts for bash, zsh and fish",
        subcommands: [CompletionBash.self, CompletionZsh.self, CompletionFish.self])

    @OptionGroup var global: GlobalOptions
}

struct CompletionBash: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "bash", abstract: "Print the completion script for bash",
        discussion: """
            Completes verbs, options, and live ids, users, clients and keys.

            EXAMPLES
              tokenctl completion bash > ~/.local/share/bash-completion/completions/tokenctl
            """)

    static let result = ResultShape.text("completion.bash")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws { try console.output.write(CompletionScript.bash) }
}

struct CompletionZsh: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "zsh", abstract: "Print the completion script for zsh",
        discussion: """
            Goes into a folder of $fpath, before compinit runs.

            EXAMPLES
              tokenctl completion zsh > ~/.zfunc/_tokenctl
            """)

    static let result = ResultShape.text("completion.zsh")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws { try console.output.write(CompletionScript.zsh) }
}

struct CompletionFish: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "fish", abstract: "Print the completion script for fish",
        discussion: """
            EXAMPLES
              tokenctl completion fish > ~/.config/fish/completions/tokenctl.fish
            """)

    static let result = ResultShape.text("completion.fish")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws { try console.output.write(CompletionScript.fish) }
}

/// What the scripts call at every press of the tab key: the line up to the cursor on standard input, never in arguments,
/// where others could read what is being typed. Always silent, always exit 0.
struct CompleteLine: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "__complete", abstract: "Answer a completion script",
        discussion: """
            EXAMPLES
              tokenctl __complete bash <<< 'tokenctl session re'
            """, shouldDisplay: false)

    static let result = ResultShape.text("complete")

    @Argument(help: "bash, zsh or fish")
    var shell: CompletionScript.Shell

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard let bytes = try? console.input.readAll(limit: 65_536),
            let text = String(validating: bytes, as: UTF8.self)
        else { return }
        let line = text.prefix { $0 != "\n" && $0 != "\r\n" }
        let completer = Completer(Tokenctl.self)
        switch completer.answer(String(line), in: &console) {
        case .files: try console.output.writeLine(CompletionScript.files)
        case .offers(let offers):
            for offer in offers { try console.output.writeLine(CompletionScript.text(of: offer, for: shell)) }
        }
    }
}

extension CompletionScript.Shell: ExpressibleByArgument {}
