internal import ArgumentParser
internal import TokenLifecycle

struct ClientList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List clients with their live sessions",
        discussion: """
            In the order of their names; --sort created_at gives the order in which they were first seen.

            EXAMPLES
              tokenctl client list
              tokenctl client list 'mobile-*' --sort created_at:desc
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.clients())

    @Argument(help: ArgumentHelp("Only these; * for any text", valueName: "client"))
    var patterns: [String] = []

    @Option(name: .customLong("client"), help: ArgumentHelp("The same as the argument", valueName: "client"))
    var clients: [String] = []

    @OptionGroup var times: CreationOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        var meant = ClientFilter()
        meant.names = patterns + clients
        meant.since = times.since?.resolved(at: now, .ago)
        meant.until = times.until?.resolved(at: now, .ago)
        let filter = meant
        let order = try options.sort.map { try ClientOrder($0.key(), descending: $0.isDescending) } ?? ClientOrder()
        if options.count {
            let count = try store.read { try $0.countClients(filter) }
            return try console.count(count, schema: "client.list", options)
        }
        // Counting is what takes long: not for columns that nobody asked for.
        let asked = try console.askedFormat
        let counting = asked != .id && console.globals.columns?.contains("live_sessions") ?? true
        try console.list(.clients(), options, filters: "\(filter.names) \(times.fingerprint)") {
            reader, after, expecting, give in
            let page = try reader.clients(
                filter, in: order, after: after, limit: expecting ?? .max, counting: counting)
            for client in page.items {
                guard try give(client, client.client.position) else { return }
            }
        }
    }
}
