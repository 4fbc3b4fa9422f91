internal import ArgumentParser
internal import TokenLifecycle

struct DenylistList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rules that can still match a token",
        discussion: """
            A rule is about one thing: --user, --client and --key together mean any of them.

            EXAMPLES
              tokenctl denylist list
              tokenctl denylist list --scope user --state all --json
              tokenctl denylist list --user alice --client web
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.rules())

    @Option(help: ArgumentHelp("token, session, user, client, key or everyone", valueName: "scope"))
    var scope: [DenyScope] = []

    @Option(help: ArgumentHelp("Only rules of exactly this value", valueName: "value"))
    var value: [String] = []

    @OptionGroup var about: AboutOptions

    @Option(help: ArgumentHelp("all: also rules that wait for cleanup", valueName: "state"))
    var state: AliveOrAll?

    @Option(help: ArgumentHelp("Not needed any more within", valueName: "dur"), transform: DurationOption.parse)
    var expiresWithin: Duration?

    @OptionGroup var times: CreationOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        var meant = DenyRuleFilter()
        meant.scopes = Set(scope)
        meant.values = value
        meant.users = about.users
        meant.clients = about.clients
        meant.keys = about.keys
        meant.includesSpent = state == .all
        meant.since = times.since?.resolved(at: now, .ago)
        meant.until = times.until?.resolved(at: now, .ago)
        meant.expiresWithin = expiresWithin
        let filter = meant
        _ = try options.sort?.key(CreationOnly.self)
        let descending = options.sort?.isDescending ?? true
        try console.noteScan(filter.scanningConditions)
        if options.count {
            let count = try store.read { try $0.countDenyRules(filter) }
            return try console.count(count, schema: "denylist.list", options)
        }
        let words =
            "\(scope.map(\.rawValue).sorted()) \(value) \(about.users) \(about.clients) \(about.keys) \(filter.includesSpent)"
            + " \(times.fingerprint) \(expiresWithin?.text ?? "")"
        try console.list(.rules(), options, filters: words) {
            try $0.eachDenyRule(filter, descending: descending, after: $1, expecting: $2, $3)
        }
    }
}
