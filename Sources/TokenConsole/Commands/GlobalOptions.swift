package import ArgumentParser
internal import TokenLifecycle

/// The options that every command takes, before or after the noun.
package struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The database (else $TOKENCTL_DB, else where it usually is)", valueName: "path"))
    package var db: String?

    @Option(help: ArgumentHelp("The file of the master key", valueName: "file"))
    package var masterKey: String?

    @Option(name: .shortAndLong, help: "How results are written (else $TOKENCTL_OUTPUT)")
    package var output: OutputFormat?

    @Flag(help: "The same as --output json")
    package var json = false

    @Option(help: ArgumentHelp("Columns to show, by their JSON names", valueName: "a,b"))
    package var columns: ColumnList?

    @Flag(help: "No heading above columns")
    package var noHeader = false

    @Option(help: "Colours: auto, always or never")
    package var color: ColorChoice = .auto

    @Option(help: "How times read in text: relative, iso or unix")
    package var time: TimeStyle?

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "No notes")
    package var isQuiet = false

    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "More detail; twice shows SQL in errors")
    package var verbosity: Int

    @Flag(name: .customLong("cron"), help: "No prompt, colour or progress; silent if nothing changed")
    package var isCron = false

    @Flag(help: "Never ask")
    package var noInput = false

    @Flag(name: .customLong("read-only"), help: "Refuse every act")
    package var isReadOnly = false

    @Option(
        help: ArgumentHelp("How long to wait for another process", valueName: "dur"),
        transform: DurationOption.parse)
    package var lockTimeout: Duration = .seconds(5)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who acts, for the audit record", valueName: "actor"))
    package var actor: String?

    package init() {}

    /// What must hold between options.
    package mutating func validate() throws {
        guard !json || output == nil || output == .json else {
            throw ValidationError("--json contradicts --output \(output?.rawValue ?? "")")
        }
    }

    package var values: Globals {
        var values = Globals()
        values.db = db
        values.masterKey = masterKey
        values.format = json ? .json : output
        values.columns = columns?.names
        values.noHeader = noHeader
        values.color = color
        values.time = time
        values.isQuiet = isQuiet
        values.verbosity = verbosity
        values.isCron = isCron
        values.noInput = noInput
        values.isReadOnly = isReadOnly
        values.lockTimeout = lockTimeout
        values.actor = actor
        return values
    }
}

extension ColorChoice: ExpressibleByArgument {}

/// `a,b`: names separated by commas.
package struct ColumnList: ExpressibleByArgument, Sendable {
    package let names: [String]

    package init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingSpaces }
        guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
    }
}
