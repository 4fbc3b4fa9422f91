package import ArgumentParser
internal import TokenLifecycle

/// What every list takes.
package struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many", valueName: "n"))
    package var limit: Int?

    @Option(help: ArgumentHelp("Go on after the page that gave this cursor", valueName: "cursor"))
    package var after: String?

    @Option(help: ArgumentHelp("Sort by a column, with :desc downwards", valueName: "col[:desc]"))
    package var sort: SortOrder?

    @Flag(help: "Print only how many there are")
    package var count = false

    @Flag(help: "Exit 3 if nothing matched")
    package var failEmpty = false

    @Option(
        help: ArgumentHelp("List again every so often, 2s unless said, until Ctrl-C", valueName: "dur"),
        transform: DurationOption.parseWithMilliseconds)
    package var watch: Duration?

    package init() {}

    package mutating func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
        guard let watch else { return }
        guard watch >= Watch.shortest else { throw ValidationError("--watch is at least \(Watch.shortest.text)") }
        // What goes on until a signal never ends in 3.
        guard !failEmpty else { throw ValidationError("--fail-empty contradicts --watch") }
    }
}

/// `created_at` or `created_at:desc`.
package struct SortOrder: ExpressibleByArgument, Equatable, Sendable {
    package let column: String
    package let isDescending: Bool

    package init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !parts[0].isEmpty, parts.count == 1 || ["asc", "desc"].contains(parts[1]) else { return nil }
        column = parts[0]
        isDescending = parts.count == 2 && parts[1] == "desc"
    }
}
