internal import Glibc
internal import TokenLifecycle

/// What `main` does: the process made safe, its world, one command line, the exit code.
package enum Launch {
    package static func run(_ arguments: [String]) -> Int32 {
        let interruption = Interruption()
        var console = Console.ofProcess(interruption)
        do {
            try ProcessSetup.harden()
            try requireText()
        } catch {
            let isJSON = ErrorText.isJSONAsked(arguments, environment: console.environment)
            try? console.errors.write(
                isJSON ? ErrorText.json(error, exit: ExitCode(error.kind)) : ErrorText.text(error))
            try? console.errors.flush()
            return ExitCode(error.kind).rawValue
        }
        interruption.listen()
        let code = Dispatcher(Tokenctl.self).run(arguments, in: &console)
        // What the command did is durable by now; a log that could not be written back is so at the next close.
        try? console.closeStore()
        return code.rawValue
    }
    /// Swift repairs arguments that are not UTF-8, and two names would become one: what nobody typed is not acted on.
    private static func requireText() throws(Failure) {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            throw Failure(.usage, "argument \(index) is not UTF-8 text")
        }
    }
}
