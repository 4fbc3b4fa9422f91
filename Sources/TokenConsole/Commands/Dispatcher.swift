package import ArgumentParser
internal import TokenLifecycle

/// Runs a command line in a world. One-shot use, the shell and the tests all come through here; it never exits.
package struct Dispatcher {
    private let root: any ParsableCommand.Type

    package init(_ root: any ParsableCommand.Type) {
        self.root = root
    }

    /// Runs `arguments`, without the program's name, and answers with the code to exit with.
    package func run(_ arguments: [String], in console: inout Console) -> ExitCode {
        console.outcome = .done
        console.globals = Globals()
        let isJSON = ErrorText.isJSONAsked(arguments, environment: console.environment)
        do {
            try dispatch(arguments, isJSON: isJSON, in: &console)
            try console.output.flush()
            try console.errors.flush()
            return console.outcome
        } catch {
            return report(ErrorMapper.failure(error).shorteningEchoes(of: arguments), isJSON: isJSON, in: &console)
        }
    }

    private func dispatch(_ arguments: [String], isJSON: Bool, in console: inout Console) throws {
        try SecretGuard.check(arguments)
        try TypedValues.refuseEmpty(arguments)
        let arguments = TypedValues.separated(arguments)
        let path = try CommandPath(arguments, from: root)
        guard let command = try parse(arguments, path, in: &console) else { return }
        guard var verb = command as? any ConsoleCommand else {
            if !isJSON { try console.errors.write(root.helpMessage(for: path.last) + "\n") }
            throw Failure(
                .usage, "\(path.text) needs a \(path.types.count == 1 ? "command" : "verb")",
                hint: "see '\(path.text) --help'")
        }
        console.globals = verb.global.values
        try type(of: verb).result.check(console)
        console.schema = type(of: verb).result.schema
        try verb.run(in: &console)
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
            var command = try root.parseAsRoot(arguments)
            // The parser's own `help` is a command like any other, which answers by throwing.
            if !(command is any ConsoleCommand), type(of: command) != path.last { try command.run() }
            return command
        } catch let error where root.exitCode(for: error) == .success {
            try console.output.writeLine(root.fullMessage(for: error, columns: console.output.columns))
            return nil
        } catch {
            throw usage(root.message(for: error), path)
        }
    }

    /// The parser's words in ours: lower case, no full stop, its advice as the hint.
    private func usage(_ message: String, _ path: CommandPath) -> Failure {
        var sentence = message
        var hint = "see '\(path.text) --help'"
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

    private func report(_ failure: Failure, isJSON: Bool, in console: inout Console) -> ExitCode {
        // What was shown until now stays shown; the error comes after it, whichever stream is slower.
        let outputFailure = Result { () throws(Failure) in try console.output.flush() }
        var text = isJSON ? ErrorText.json(failure) : ErrorText.text(failure)
        if console.globals.verbosity >= 2, !isJSON, let sql = failure.sql {
            text += "tokenctl: sql: \(Escaping.visible(sql))\n"
        }
        // Nobody is left to tell when standard error fails too; the exit code still says it.
        try? console.errors.write(text)
        try? console.errors.flush()
        if case .failure(let failed) = outputFailure, failure.kind != failed.kind { return ExitCode(failed.kind) }
        return console.interruption.exitCode.flatMap(ExitCode.init(rawValue:)) ?? ExitCode(failure.kind)
    }
}
