internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

extension Listing where Record == Statistics.Group {
    static func statistics() -> Listing {
        Listing(
            schema: "stats", id: { $0.name },
            columns: [
                Column("group", shrinks: 0) { .text($0.name) },
                Column("count", align: .right) { .count($0.count) },
                Column("alive", align: .right) { .count($0.alive) },
                Column("per_day", .jsonOnly) { .json(.array($0.perDay.map(JSON.integer))) },
            ])
    }
}

struct StatsCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Sessions counted by day, user, client, address or state; tokens by key",
        discussion: """
            Counts the sessions that began since then and are still stored, the largest groups first. --plot draws them: a
            bar for each, and a line of what happened each day.

            EXAMPLES
              tokenctl stats --plot
              tokenctl stats --by client --since 90d --plot
              tokenctl stats --by ip --limit 5 --json
            """)
    static let result = ResultShape.records(Listing.statistics())

    @Option(help: "What to count by")
    var by: Statistics.Grouping = .day

    @Option(
        help: ArgumentHelp("Sessions that began so long ago or later", valueName: "dur"),
        transform: DurationOption.parse)
    var since: Duration = .seconds(30 * 86_400)

    @Option(help: ArgumentHelp("At most so many groups", valueName: "n"))
    var limit: Int = 20

    @Flag(help: "Draw bars and lines")
    var plot = false

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit is at least 1") }
        guard since >= .seconds(86_400) else { throw ValidationError("--since is at least 1d: days are counted") }
        guard !plot || (!global.json && global.output == nil) else {
            throw ValidationError("--plot draws for people: leave --output and --json out")
        }
    }

    func run(in console: inout Console) throws {
        let (by, since, limit) = (by, since, limit)
        let counted = try console.store(for: .reading).read { try $0.statistics(by: by, since: since, limit: limit) }
        if plot {
            let drawing = StatisticsDrawing(
                counted, width: console.output.columns ?? 80, isASCII: !console.writesUTF8)
            for line in drawing.lines { try console.output.writeLine(line) }
        } else {
            try console.list(.statistics(), counted.groups)
        }
        if counted.hasMore { try console.notes.note("there are more groups; --limit shows them") }
    }
}

extension Statistics.Grouping: ExpressibleByArgument {}

extension Console {
    /// Whether whoever reads the output expects UTF-8 (POSIX: LC_ALL before LC_CTYPE before LANG).
    var writesUTF8: Bool {
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }
}
