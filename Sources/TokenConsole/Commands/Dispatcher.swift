package import ArgumentParser
internal import TokenLifecycle

/// Runs a command line in a world. One-shot use, the shell and the tests all come through here; it never exits.
package struct Dispatcher {
    private let root: any ParsableCommand.Type

    package init(_ root: any ParsableCommand.Type) {
        self.root = root
    }

    /// Runs `arguments`, without the program's name, and answers with the code to exit with.
    ///
    /// With an interval, again and again until a signal: for a shell, which has that for every reading verb.
    package func run(
        _ arguments: [String], every interval: Duration? = nil, in console: inout Console
    ) -> ExitCode {
        console.outcome = .done
        console.globals = console.standing
        let isJSON = ErrorText.isJSONAsked(arguments, environment: console.environment)
        do {
            try dispatch(arguments, every: interval, isJSON: isJSON, in: &console)
            try console.output.flush()
            try console.errors.flush()
            return console.outcome
        } catch {
            return report(ErrorMapper.failure(error).shorteningEchoes(of: arguments), isJSON: isJSON, in: &console)
        }
    }

    private func dispatch(
        _ arguments: [String], every asked: Duration?, isJSON: Bool, in console: inout Console
    ) throws {
        try SecretGuard.check(arguments)
        try TypedValues.refuseEmpty(arguments)
        let typed = TypedValues.separated(arguments)
        let arguments = OptionalValue.filled(typed)
        let path = try CommandPath(arguments, from: root)
        guard let command = try parse(arguments, path, in: &console) else { return }
        guard var verb = command as? any ConsoleCommand else {
            if !isJSON { try console.errors.write(HelpPage(of: path).text(columns: console.errors.columns) + "\n") }
            throw Failure(
                .usage, "\(path.text) needs a \(path.types.count == 1 ? "command" : "verb")",
                hint: "see '\(path.text) --help'")
        }
        console.globals = verb.global.values(over: console.standing)
        try type(of: verb).result.check(console)
        console.schema = type(of: verb).result.schema
        guard let interval = asked ?? (verb as? any ListCommand)?.options.watch else {
            return try verb.run(in: &console)
        }
        try Watch(every: interval, typed).run(in: &console) { console in
            var round = verb
            try round.run(in: &console)
        }
    }

    /// The command, or nil when the arguments asked for help or the version, which is then written.
    private func parse(
        _ arguments: [String], _ path: CommandPath, in console: inout Console
    ) throws -> (any ParsableCommand)? {
        // Parsing the verb alone costs a fraction of parsing it below its root. What it cannot parse, and every help text,
        // the root says better.
        if path.last is any ConsoleCommand.Type, let verb = try? path.last.parseAsRoot(path.options),
            verb is any ConsoleCommand
        {
            return verb
        }
        do {
            let command = try root.parseAsRoot(arguments)
            if type(of: command) == path.last { return command }
            // The parser's own command for help, which we say better.
            try console.output.write(HelpPage(of: path).text(columns: console.output.columns))
            return nil
        } catch let error where root.message(for: error) == root.configuration.version {
            try console.output.writeLine(root.configuration.version)
            try console.output.writeLine(Version.libraries)
            return nil
        } catch {
            throw usage(root.message(for: error), path, arguments)
        }
    }

    /// The parser's words in ours: lower case, no full stop, its advice as the hint.
    private func usage(_ message: String, _ path: CommandPath, _ arguments: [String]) -> Failure {
        var sentence = message
        var hint = "see '\(path.text) --help'"
        // A negative number looks like an option to the parser, which then misses the value.
        if sentence.hasPrefix("Missing value for '--"),
            let option = arguments.indices.dropLast().first(where: { sentence.contains("'\(arguments[$0]) ") }),
            arguments[option + 1].contains(/^-[0-9]/)
        {
            sentence = "\(arguments[option]) cannot be '\(arguments[option + 1].prefix(40))'"
        }
        if let advice = message.firstRange(of: ". Did you mean ") {
            sentence = String(message[..<advice.lowerBound])
            hint = "did you mean \(message[advice.upperBound...].prefix { $0 != "?" })"
        } else if let advice = message.firstRange(of: ". Please provide ") {
            sentence = String(message[..<advice.lowerBound])
            let choices = message[advice.upperBound...].split(separator: "\n  - ").dropFirst()
            hint = choices.isEmpty ? "give \(message[advice.upperBound...])" : "give \(choices.joined(separator: ", "))"
        }
        if sentence.hasSuffix(".") { sentence.removeLast() }
        if hint.hasSuffix(".") { hint.removeLast() }
        return Failure(.usage, sentence.prefix(1).lowercased() + sentence.dropFirst(), hint: hint)
    }

    /// Writes an error and answers with its code.
    func report(_ failure: Failure, isJSON: Bool, in console: inout Console) -> ExitCode {
        var failure = failure
        if let place = console.place { failure.message = "\(place): \(failure.message)" }
        // What was shown until now stays shown; the error comes after it, whichever stream is slower.
        let outputFailure = Result { () throws(Failure) in try console.output.flush() }
        let code = console.interruption.exitCode.flatMap(ExitCode.init(rawValue:)) ?? ExitCode(failure.kind)
        var text = isJSON ? ErrorText.json(failure, exit: code) : ErrorText.text(failure)
        if console.globals.verbosity >= 2, !isJSON, let sql = failure.sql {
            text += "tokenctl: sql: \(Escaping.visible(sql))\n"
        }
        // Nobody is left to tell when standard error fails too; the exit code still says it.
        try? console.errors.write(text)
        try? console.errors.flush()
        if case .failure(let failed) = outputFailure, failure.kind != failed.kind { return ExitCode(failed.kind) }
        return code
    }
}
