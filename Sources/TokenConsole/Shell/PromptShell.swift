internal import CProcess
internal import TokenLifecycle

/// The shell at a prompt: a person types, the lines run, what they write is shown.
@MainActor final class PromptShell {
    private var shell: Shell
    private var completion: ShellCompletion
    private var history: History
    private let interruption: Interruption

    init(_ shell: Shell) throws(Failure) {
        self.shell = shell
        interruption = shell.console.interruption
        completion = ShellCompletion(Tokenctl.self, in: shell.console)
        history = History(shell.console.historyPath)
        try interruption.outlive()
        process_ignore_sigpipe()
        self.shell.console.numbersRows = true
        self.shell.present = { shell, arguments, verb in Self.present(&shell, arguments, verb) }
    }

    /// Until the person leaves, or the terminal does. Answers with the code to end in.
    func run() throws -> ExitCode {
        let showed = process_echo_signals(0, 0)
        defer {
            if showed != 0 { _ = process_echo_signals(0, 1) }
            completion.close()
            shell.close()
        }
        LineEditor.completions = { [unowned self] line in
            completion.completions(line, shell.console.listed ?? ListedRows())
        }
        LineEditor.forgetBeyond(History.most)
        for line in history.lines { LineEditor.remember(line) }
        try greet()
        while !shell.isOver {
            switch LineEditor.readLine(prompt, interruption) {
            case .line(let text): try take(text)
            case .noText:
                shell.refuse(Failure(.malformed, "what was typed is not UTF-8 text"))
            case .end: return .done
            case .terminated: break
            }
            if interruption.isEnd { return interruption.exitCode.flatMap(ExitCode.init(rawValue:)) ?? .terminated }
        }
        return .done
    }

    private func take(_ text: String) throws {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.trimmingSpaces.isEmpty }
        if lines.count > 1 { guard try isAgreed(to: lines) else { return } }
        for line in lines where !shell.isOver {
            if history.add(line) { LineEditor.remember(line) }
            // A command that asks or reads does so with a fresh standard input: Ctrl-D ends one command's, not all.
            shell.console.input = .descriptor(0, interruption)
            let code = shell.run(line)
            let isStopped = interruption.isRequested
            interruption.settle()
            guard !isStopped, code == .done || lines.count == 1 else { return }
        }
    }

    /// What was pasted is not what was typed: several lines are shown first.
    private func isAgreed(to lines: [String]) throws -> Bool {
        let errors = shell.console.errors
        for line in lines.prefix(20) { try errors.writeLine("  \(Escaping.visible(line))") }
        if lines.count > 20 { try errors.writeLine("  and \(lines.count - 20) more") }
        try errors.flush()
        let answer = try shell.console.prompter.ask("run these \(lines.count) lines? [y/N] ")
        return ["y", "yes"].contains(answer?.trimmingSpaces.lowercased())
    }

    private var prompt: String {
        let console = shell.console
        let path = (try? databasePath(console)) ?? "tokenctl"
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let mode = console.standing.isReadOnly ? " [ro]" : ""
        let code = shell.last == .done ? "" : " [\(shell.last.rawValue)]"
        let text = Escaping.visible(DisplayWidth.fitting(name, into: 30)) + mode
        guard console.isColored(console.output) else { return "\(text)\(code)> " }
        // Readline must know what takes no place on the line: between 1 and 2.
        func painted(_ text: String, _ color: String) -> String {
            text.isEmpty ? "" : "\u{1}\u{1B}[\(color)m\u{2}\(text)\u{1}\u{1B}[0m\u{2}"
        }
        return "\(painted(text, "1"))\(painted(code, "31"))> "
    }

    private func databasePath(_ console: Console) throws(Failure) -> String {
        var console = console
        console.globals = console.standing
        return try console.databasePath
    }

    /// Two lines, and a third where something is wrong.
    private func greet() throws {
        var console = shell.console
        console.globals = console.standing
        let path = Files.absolute(try console.databasePath)
        let mode = console.standing.isReadOnly ? ", reading only" : ""
        try console.errors.writeLine(
            "tokenctl \(Version.current) on \(Escaping.visible(path)), as \(Escaping.visible(console.actor))\(mode)")
        try console.errors.writeLine("help lists commands, Tab completes, @2 is row 2 of a listing, Ctrl-D leaves")
        switch Result(catching: { try completion.firstFinding() }) {
        case .success(let warning?): try console.errors.writeLine("tokenctl: hint: \(Escaping.visible(warning))")
        case .success(nil): break
        // Busy for a moment is no finding.
        case .failure(let error as Failure) where error.kind == .busy: break
        case .failure(let error): _ = shell.report(error)
        }
        try console.errors.flush()
    }

    /// Runs a verb whose output may be taller than the screen: what only reads, and help.
    private static func present(
        _ shell: inout Shell, _ arguments: [String], _ verb: (any ConsoleCommand.Type)?
    ) -> ExitCode {
        let command = shell.settings.pager ?? Pager.command(of: shell.console)
        let isPageable = verb.map { $0.isReading || $0.result.form == .text } ?? true
        // What is refreshed in place is no text to page through.
        let isWatched = arguments.contains { $0 == "--watch" || $0.hasPrefix("--watch=") }
        guard !isWatched, isPageable || arguments.contains("--help"), !command.isEmpty, !shell.console.globals.isCron
        else {
            return shell.dispatch(arguments)
        }
        let (output, errors) = (shell.console.output, shell.console.errors)
        let pager = Pager(command, before: output, shell.console.environment, shell.console.interruption)
        let said = KeptText()
        shell.console.output = pager.sink
        shell.console.errors = errors.imitation(said)
        let code = shell.dispatch(arguments)
        shell.console.output = output
        shell.console.errors = errors
        do {
            try pager.finish()
            guard !pager.wasLeft else { return .done }
            try errors.write(String(decoding: said.bytes, as: UTF8.self))
            try errors.flush()
            return code
        } catch {
            return shell.report(error)
        }
    }
}
