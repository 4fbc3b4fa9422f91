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

    @Option(help: "Colours: auto (unless given), always or never")
    package var color: ColorChoice?

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
        help: ArgumentHelp("How long to wait for another process (5s unless given)", valueName: "dur"),
        transform: DurationOption.parse)
    package var lockTimeout: Duration?

    @Option(name: .customLong("as"), help: ArgumentHelp("Who acts, for the audit record", valueName: "actor"))
    package var actor: String?

    package init() {}

    /// What must hold between options.
    package mutating func validate() throws {
        guard !json || output == nil || output == .json else {
            throw ValidationError("--json contradicts --output \(output?.rawValue ?? "")")
        }
    }

    /// What was given here, and for the rest what stands already.
    package func values(over standing: Globals) -> Globals {
        var values = standing
        values.db = db ?? standing.db
        values.masterKey = masterKey ?? standing.masterKey
        values.format = json ? .json : output ?? standing.format
        values.columns = columns?.names ?? standing.columns
        values.noHeader = noHeader || standing.noHeader
        values.color = color ?? standing.color
        values.time = time ?? standing.time
        values.isQuiet = isQuiet || standing.isQuiet
        values.verbosity = max(verbosity, standing.verbosity)
        values.isCron = isCron || standing.isCron
        values.noInput = noInput || standing.noInput
        values.isReadOnly = isReadOnly || standing.isReadOnly
        values.lockTimeout = lockTimeout ?? standing.lockTimeout
        values.actor = actor ?? standing.actor
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
