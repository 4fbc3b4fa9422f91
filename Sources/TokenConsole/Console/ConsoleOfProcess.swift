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
            input: .descriptor(STDIN_FILENO),
            output: .descriptor(STDOUT_FILENO, named: "standard output") {
                columns(of: STDOUT_FILENO, environment)
            },
            errors: .descriptor(STDERR_FILENO, named: "standard error") {
                columns(of: STDERR_FILENO, environment)
            },
            prompter: .terminal(interruption),
            uid: uid,
            login: ProcessSetup.loginName(of: uid),
            interruption: interruption)
    }

    /// `COLUMNS` where it is exported, else what the terminal says.
    private static func columns(of descriptor: CInt, _ environment: [String: String]) -> Int? {
        if let columns = environment["COLUMNS"].flatMap(Int.init), columns > 0 { return columns }
        let columns = Int(process_columns(descriptor))
        return columns > 0 ? columns : nil
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
