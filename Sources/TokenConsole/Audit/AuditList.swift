internal import ArgumentParser
internal import TokenLifecycle

struct AuditList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List audit events, newest first",
        discussion: """
            An event is about one thing: --user, --client, --key and --target together mean any of them. --sort at gives
            the oldest first.

            EXAMPLES
              tokenctl audit list --limit 20
              tokenctl audit list --user alice --since 7d
              tokenctl audit list --verb 'key.*' --sort at
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.events())

    @OptionGroup var about: AboutOptions

    @Option(
        name: .customLong("target"),
        help: ArgumentHelp("About this, as the column shows it; * for any text", valueName: "target"))
    var targets: [String] = []

    @Option(name: .customLong("verb"), help: ArgumentHelp("Of this verb; * for any text", valueName: "verb"))
    var verbs: [String] = []

    @Option(name: .customLong("actor"), help: ArgumentHelp("By this actor; * for any text", valueName: "actor"))
    var actors: [String] = []

    @OptionGroup var times: CreationOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    private enum Order: String, CaseIterable { case at }

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        var meant = AuditFilter()
        // A rule's target is its scope and value; any other act's is the thing alone.
        let named = [("user", about.users), ("client", about.clients), ("key", about.keys)].flatMap { scope, names in
            names.flatMap { [$0, "\(scope) \($0)"] }
        }
        meant.targets = targets + named
        meant.verbs = verbs
        meant.actors = actors
        meant.since = times.since?.resolved(at: now, .ago)
        meant.until = times.until?.resolved(at: now, .ago)
        let filter = meant
        _ = try options.sort?.key(Order.self)
        let descending = options.sort?.isDescending ?? true
        try console.noteScan(filter.scanningConditions)
        if options.count {
            let count = try store.read { try $0.countAuditEvents(filter) }
            return try console.count(count, schema: "audit.list", options)
        }
        try console.list(.events(), options, filters: "\(filter.targets) \(verbs) \(actors) \(times.fingerprint)") {
            try $0.eachAuditEvent(filter, descending: descending, after: $1, expecting: $2, $3)
        }
    }
}
