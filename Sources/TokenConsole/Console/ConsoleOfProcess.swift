internal import CProcess
internal import Glibc
internal import TokenLifecycle

extension Console {
    /// The world of this process.
    package static func ofProcess(_ interruption: Interruption) -> Console {
        let uid = getuid()
        let environment = currentEnvironment()
        return Console(
            environment: environment,
            clock: .system,
            input: .descriptor(STDIN_FILENO, interruption),
            output: sink(STDOUT_FILENO, named: "standard output", environment),
            errors: sink(STDERR_FILENO, named: "standard error", environment),
            prompter: .terminal(interruption),
            uid: uid,
            login: ProcessSetup.loginName(of: uid),
            interruption: interruption)
    }

    /// `COLUMNS` and `LINES` where they are exported, else what the terminal says.
    private static func sink(_ descriptor: CInt, named name: String, _ environment: [String: String]) -> Sink {
        func size(_ variable: String, _ measured: () -> CInt) -> Int? {
            [environment[variable].flatMap(Int.init), Int(measured())].lazy.compactMap { $0 }.first { $0 > 0 }
        }
        return .descriptor(
            descriptor, named: name, columns: { size("COLUMNS") { process_columns(descriptor) } },
            rows: { size("LINES") { process_rows(descriptor) } })
    }

    /// The environment without Foundation, whose `ProcessInfo` costs start-up time. A variable that is not UTF-8 is left out.
    private static func currentEnvironment() -> [String: String] {
        var environment: [String: String] = [:]
        var next = process_environment()
        while let pointer = next, let entry = pointer.pointee {
            if let text = String(validatingCString: entry), let equals = text.firstIndex(of: "=") {
                environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next = pointer + 1
        }
        return environment
    }
}
