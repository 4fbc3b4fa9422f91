internal import ArgumentParser
internal import TokenLifecycle

struct ShellCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Many commands in one go: typed at a prompt, or from a script",
        discussion: """
            On a terminal a prompt, with completion, history and rows to refer to: 'help shell' says more. Otherwise the lines
            of standard input, up to the first that does not end in 0.

            EXAMPLES
              tokenctl shell
              tokenctl shell --read-only
              tokenctl shell -c 'session list --user alice' -c 'user logout @1 --reason INC-481 --yes'
              tokenctl shell --keep-going < commands.txt
            """)
    static let result = ResultShape.lines("shell")

    @Option(
        name: [.customShort("c"), .customLong("command")], parsing: .singleValue,
        help: ArgumentHelp("Run this and leave; repeat for several", valueName: "cmd"))
    var commands: [String] = []

    @Option(help: ArgumentHelp("Run the lines of this file and leave", valueName: "file"))
    var file: String?

    @Flag(help: "Go on after an error, and exit 7 at the end if there was one")
    var keepGoing = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard !console.keepsStore else { throw Failure(.usage, "this is a shell already") }
        guard file == nil || commands.isEmpty else {
            throw Failure(.usage, "-c and --file do not go together", hint: "'source FILE' is a command too")
        }
        if let columns = global.columns { try ShellSettings.check(columns: columns.names) }
        var shell = Shell(Tokenctl.self, in: console)
        if let script = try script(in: &shell) {
            defer { shell.close() }
            console.outcome = shell.run(script, keepsGoing: keepGoing)
        } else {
            nonisolated(unsafe) let prompted = shell  // handed over: nobody here touches it again
            console.outcome = try MainActor.assumeIsolated { try PromptShell(prompted).run() }
        }
    }

    /// Nil where a person types.
    private func script(in shell: inout Shell) throws(Failure) -> Script? {
        if !commands.isEmpty { return Script(commands: commands) }
        if let file { return try Script(file: file) }
        let input = shell.console.input
        if input.isTerminal, shell.console.output.isTerminal { return nil }
        // A verb that reads standard input would take the lines that follow it for data.
        shell.console.input = Input(isTerminal: false) { () throws(Failure) in
            throw Failure(
                .usage, "standard input is the script itself",
                hint: "run the script with --file, and pipe the data in")
        }
        return Script(standardInput: input)
    }
}
