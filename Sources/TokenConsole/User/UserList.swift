internal import ArgumentParser
internal import TokenLifecycle

struct UserList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List users with live sessions",
        discussion: """
            In the order of their names; --sort created_at gives the order in which they were first seen.

            EXAMPLES
              tokenctl user list --min-sessions 5
              tokenctl user list 'al*' --state all
              tokenctl user list --client kiosk --since 7d
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.users())

    @Argument(help: ArgumentHelp("Only these; * for any text", valueName: "user"))
    var patterns: [String] = []

    @Option(name: .customLong("user"), help: ArgumentHelp("The same as the argument", valueName: "user"))
    var users: [String] = []

    @Option(
        name: .customLong("client"),
        help: ArgumentHelp("With live sessions at this client; * for any text", valueName: "client"))
    var clients: [String] = []

    @Option(help: ArgumentHelp("With at least so many live sessions", valueName: "n"))
    var minSessions: Int?

    @Option(help: ArgumentHelp("all: also users without a live session", valueName: "state"))
    var state: AliveOrAll?

    @OptionGroup var times: CreationOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        if let minSessions, minSessions < 0 { throw Failure(.usage, "--min-sessions is at least 0") }
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        var meant = UserFilter()
        meant.names = patterns + users
        meant.clients = clients
        meant.includesGone = state == .all
        meant.minimum = minSessions ?? 0
        meant.since = times.since?.resolved(at: now, .ago)
        meant.until = times.until?.resolved(at: now, .ago)
        let filter = meant
        let order = try options.sort.map { try UserOrder($0.key(), descending: $0.isDescending) } ?? UserOrder()
        try console.noteScan(filter.scanningConditions)
        if options.count {
            let count = try store.read { try $0.countUsers(filter) }
            return try console.count(count, schema: "user.list", options)
        }
        let words = "\(filter.names) \(clients) \(filter.includesGone) \(filter.minimum) \(times.fingerprint)"
        try console.list(.users(), options, filters: words) { reader, after, _, give in
            try reader.eachUser(filter, in: order, after: after, give)
        }
    }
}

/// What is alive, or everything there is.
enum AliveOrAll: String, ExpressibleByArgument, CaseIterable, Sendable {
    case active, all
}
