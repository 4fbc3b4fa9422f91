package import ArgumentParser
internal import TokenLifecycle

/// One shell: everything that stays from one line to the next. Each command goes through the same dispatcher as one-shot
/// use, in this one world; the store stays open between lines, with no transaction and no lock.
package struct Shell {
    package var console: Console
    /// Set by `exit`.
    package private(set) var isOver = false
    /// How the last command ended.
    package private(set) var last = ExitCode.done
    var settings = ShellSettings()
    /// How a verb's output reaches the person, where there is one: through a pager when it overflows.
    var present: ((_ shell: inout Shell, _ arguments: [String], _ verb: (any ConsoleCommand.Type)?) -> ExitCode)?

    let root: any ParsableCommand.Type
    private let dispatcher: Dispatcher
    /// What `\watch` repeats.
    private var lastReading: [Words.Word]?
    /// The files being run, each by a line of the one before.
    private var sources: [String] = []
    /// Whether `source` goes on after an error.
    private var keepsGoing = false

    /// `console` becomes the world of all lines; what it has as its globals stands wherever a line says nothing.
    package init(_ root: any ParsableCommand.Type, in console: Console) {
        self.root = root
        dispatcher = Dispatcher(root)
        self.console = console
        self.console.keepsStore = true
        self.console.listed = ListedRows()
        self.console.standing = console.globals
        if let format = console.globals.format { self.console.environment["TOKENCTL_OUTPUT"] = format.rawValue }
        self.console.standing.format = nil
        settings.columns = console.globals.columns
        self.console.standing.columns = nil
    }

    /// Runs a line: its commands in their order, up to the first that does not end in 0. Answers how it ended.
    @discardableResult
    package mutating func run(_ line: String, at place: String? = nil) -> ExitCode {
        let outer = console.place
        console.place = place ?? outer
        defer { console.place = outer }
        var code = ExitCode.done
        do {
            for words in try Self.commands(in: line) where code == .done && !isOver {
                // A signal between two commands ends the rest of the line, and of a script, like one in either of them.
                guard !console.interruption.isRequested else { throw Failure(.interrupted, "interrupted") }
                code = run(words)
                last = code
            }
        } catch {
            refuse(error)
            code = last
        }
        return code
    }

    /// Ends a line that is none like a command that failed.
    mutating func refuse(_ error: any Error) { last = report(error) }

    /// Closes the store.
    package mutating func close() {
        try? console.closeStore()
    }

    private static func commands(in line: String) throws(Failure) -> [[Words.Word]] {
        let text = line.trimmingSpaces
        guard text.hasPrefix("\\") else { return try Words.words(in: line) }
        // No command begins with a backslash but those from elsewhere, and the lexer would take that of \q away.
        var commands = try Words.words(in: String(text.dropFirst()))
        guard !commands.isEmpty else { throw Failure(.usage, "a backslash alone is no command") }
        commands[0][0].text = "\\" + commands[0][0].text
        return commands
    }

    private mutating func run(_ words: [Words.Word]) -> ExitCode {
        var words = words
        if words.first?.text == root.name, words.count > 1 { words.removeFirst() }
        console.globals = console.standing
        do {
            try SecretGuard.check(words.map(\.text))
            if let note = console.recheckStore() {
                try console.notes.note(note)
                try console.errors.flush()
            }
            let clock = ContinuousClock()
            let start = clock.now
            let code = try Builtin(words).map { try run($0) } ?? command(words)
            if settings.isTiming { try time(start.duration(to: clock.now)) }
            return code
        } catch {
            return report(error, of: words.map(\.text))
        }
    }

    private mutating func run(_ builtin: Builtin) throws -> ExitCode {
        switch builtin {
        case .exit: isOver = true
        case .help(let words):
            guard let text = HelpInShell.text(words) else { return command(["help"] + words) }
            try console.output.write(text)
        case .set(let words):
            guard words.isEmpty else {
                try settings.set(words, in: &console)
                break
            }
            for line in settings.lines(console) { try console.output.writeLine(Escaping.visible(line)) }
        case .toggleVertical:
            let isVertical = console.variable("TOKENCTL_OUTPUT") == OutputFormat.vertical.rawValue
            try settings.set(["output", isVertical ? "default" : OutputFormat.vertical.rawValue], in: &console)
            try console.notes.note("output is \(isVertical ? "as it was" : "vertical")")
        case .toggleTiming:
            settings.toggleTiming()
            try console.notes.note("timing is \(settings.isTiming ? "on" : "off")")
        case .source(let words): return try source(words)
        case .watch(let words): return try watch(words)
        case .watchAgain(let words):
            guard let lastReading else { throw Failure(.usage, "nothing to repeat: no reading command was run yet") }
            return try watch(words + lastReading)
        }
        try console.output.flush()
        try console.errors.flush()
        return .done
    }

    private mutating func command(_ words: [Words.Word]) throws -> ExitCode {
        let resolution = try RowResolution(words, console.listed ?? ListedRows(), root: root)
        try refuseUnknown(words)
        let verb = verb(of: resolution.arguments)
        if let verb, verb.isReading {
            lastReading = words
        } else {
            for note in resolution.notes { try console.notes.note(note) }
            try console.errors.flush()
        }
        return command(resolution.arguments, verb)
    }

    private mutating func command(_ arguments: [String], _ verb: (any ConsoleCommand.Type)? = nil) -> ExitCode {
        let columns = console.standing.columns
        defer { console.standing.columns = columns }
        if let verb, let chosen = settings.columns(for: verb) { console.standing.columns = chosen }
        guard let present else { return dispatch(arguments) }
        return present(&self, arguments, verb)
    }

    mutating func dispatch(_ arguments: [String], every interval: Duration? = nil) -> ExitCode {
        dispatcher.run(arguments, every: interval, in: &console)
    }

    func verb(of arguments: [String]) -> (any ConsoleCommand.Type)? {
        (try? CommandPath(arguments, from: root))?.last as? any ConsoleCommand.Type
    }

    /// Words of the shell misspelt, and words from elsewhere; what is nearest to a noun, the command tree says better.
    private func refuseUnknown(_ words: [Words.Word]) throws(Failure) {
        guard let word = words.first?.text, !word.hasPrefix("-") else { return }
        let nouns = root.configuration.subcommands.flatMap { $0.names }
        let builtins = Builtin.names.map(\.name) + ["help"]
        let nearest = Suggestions.nearest(to: word, among: nouns + builtins)
        guard !nouns.contains(word), nearest.map(builtins.contains) ?? true else { return }
        throw Failure(
            .usage, "the shell knows no command '\(word.prefix(40))'",
            hint: nearest.map { "did you mean '\($0)'" } ?? "'help' lists those there are")
    }

    private func time(_ duration: Duration) throws {
        let tenths = duration.components.seconds * 10_000 + duration.components.attoseconds / 100_000_000_000_000
        try console.notes.note("\(tenths / 10).\(tenths % 10) ms")
        try console.errors.flush()
    }

    mutating func report(_ error: any Error, of words: [String] = []) -> ExitCode {
        dispatcher.report(
            ErrorMapper.failure(error).shorteningEchoes(of: words),
            isJSON: ErrorText.isJSONAsked(words, environment: console.environment), in: &console)
    }
}

extension Shell {
    /// `source FILE`: its lines in this shell. What it sets and lists stays.
    private mutating func source(_ words: [String]) throws -> ExitCode {
        guard words.count == 1 else { throw Failure(.usage, "source takes one file") }
        let path = Files.absolute(words[0])
        guard !sources.contains(path) else { throw Failure(.usage, "\(words[0]) runs itself") }
        let script = try Script(file: words[0])
        sources.append(path)
        defer { sources.removeLast() }
        return run(script, keepsGoing: keepsGoing)
    }

    /// Runs a script up to its first error, or all of it: then something that failed makes it `.partial`.
    package mutating func run(_ script: Script, keepsGoing: Bool) -> ExitCode {
        let outer = self.keepsGoing
        self.keepsGoing = keepsGoing
        defer { self.keepsGoing = outer }
        var script = script
        var hasFailed = false
        while !isOver {
            let line: String
            do {
                guard let next = try script.nextLine() else { break }
                line = next
            } catch {
                return report(error)
            }
            let code = run(line, at: script.place)
            guard code != .done else { continue }
            // Answers that are no errors have said nothing yet.
            if [.no, .nothingMatched, .partial].contains(code) {
                try? console.errors.writeLine("tokenctl: note: \(script.place ?? "the command"): exit \(code.rawValue)")
                try? console.errors.flush()
            }
            guard keepsGoing, ![.interrupted, .terminated, .hungUp].contains(code) else { return code }
            hasFailed = true
        }
        return hasFailed ? .partial : .done
    }
}

extension ConsoleCommand {
    /// Whether it only looks, so that it may be repeated.
    static var isReading: Bool { result.form == .records || result.form == .answer }
}
