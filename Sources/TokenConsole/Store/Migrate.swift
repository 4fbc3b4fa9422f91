internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle
internal import TokenStorage

struct Migrate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a database that an older version made up to this one",
        discussion: """
            EXAMPLES
              tokenctl migrate --check
              tokenctl migrate
            """)
    static let result = ResultShape.answer("migrate")

    @Flag(help: "Only say whether there is anything to do: 78 when there is")
    var check = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let path = try console.databasePath
        // The shell may have it open.
        try console.closeStore()
        var options = Database.Options()
        options.lockTimeout = console.globals.lockTimeout
        if check {
            let pending = try console.explainingAbsence { try StoreMigration.pending(at: path, options: options) }
            guard pending.isEmpty else {
                throw Failure(
                    .configuration, "\(pending.count.counted("step")) due: \(pending.joined(separator: ", "))",
                    hint: "back it up, then run 'tokenctl migrate'", target: path)
            }
            return try show([], &console)
        }
        guard !console.globals.isReadOnly else { throw Failure(.notPermitted, "--read-only refuses every act") }
        let (clock, actor) = (console.clock, console.recordedActor)
        let taken = try console.explainingAbsence {
            try StoreMigration.run(at: path, options: options, clock: clock, actor: actor)
        }
        try show(taken, &console)
    }

    private func show(_ taken: [String], _ console: inout Console) throws {
        try console.show(
            "migrate", [.init("steps", .array(taken.map(JSON.string)))],
            lines: taken.isEmpty ? ["nothing to do: the schema is this program's"] : taken.map { "\($0) taken" })
    }
}
