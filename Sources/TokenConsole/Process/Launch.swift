internal import Glibc
internal import TokenLifecycle

/// What `main` does: the process made safe, its world, one command line, the exit code.
package enum Launch {
    package static func run(_ arguments: [String]) -> Int32 {
        let interruption = Interruption()
        var console = Console.ofProcess(interruption)
        do {
            try ProcessSetup.harden()
        } catch {
            try? console.errors.write(ErrorText.text(error))
            try? console.errors.flush()
            return ExitCode(error.kind).rawValue
        }
        interruption.listen()
        let code = Dispatcher(Tokenctl.self).run(arguments, in: &console)
        // What the command did is durable by now; a log that could not be written back is so at the next close.
        try? console.closeStore()
        return code.rawValue
    }
}
