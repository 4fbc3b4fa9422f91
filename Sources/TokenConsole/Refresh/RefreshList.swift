internal import ArgumentParser
internal import TokenLifecycle

struct RefreshList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List refresh token families, those active unless --state says otherwise",
        discussion: """
            Filters and --sort are about the session that a family belongs to, and families come in the order of their
            sessions: a login has one life.

            EXAMPLES
              tokenctl refresh list --user alice
              tokenctl refresh list --replayed --since 7d --json
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.families(at: .epoch))

    @Flag(help: "Only those with a replayed token, in any state")
    var replayed = false

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("active, expired, ended, logged_out or all", valueName: "state"))
    var states: [StateChoice<FamilyState>] = []

    @OptionGroup var filter: LoginFilterOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        var families = FamilyFilter()
        families.session = filter.filter(at: now)
        families.states = StateChoice.states(of: states)
        families.replayed = replayed
        let filter = families
        let order = try options.sort.map { try SessionOrder($0.key(), descending: $0.isDescending) }
        try console.noteScan(filter.session.scanningConditions)
        if options.count {
            let count = try store.read { try $0.countFamilies(filter) }
            return try console.count(count, schema: "refresh.list", options)
        }
        let words = "\(self.filter.fingerprint) \(StateChoice.fingerprint(of: states)) \(replayed)"
        try console.list(.families(at: now), options, filters: words) {
            try $0.eachFamily(filter, in: order, after: $1, expecting: $2, $3)
        }
    }
}
