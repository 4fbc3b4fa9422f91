internal import ArgumentParser
internal import TokenLifecycle

extension RefreshRevocation.Extent: ExpressibleByArgument {}

struct RefreshRevoke: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End refresh token families and deny the access tokens they gave out",
        discussion: """
            The session lives on with its cookie unless --end session is given.

            EXAMPLES
              tokenctl refresh revoke rt_7w3hq0ab
              tokenctl refresh revoke --user alice --end session --reason "laptop stolen" --yes
              tokenctl refresh list --replayed -o id | tokenctl refresh revoke - --reason INC-481 --yes
            """)
    static let result = ResultShape.report("refresh.revoke")

    @Argument(help: ArgumentHelp("Family ids, or - to read them from standard input", valueName: "id"))
    var ids: [String] = []

    @Option(help: ArgumentHelp("What ends: family (the standard), or session: the whole login", valueName: "extent"))
    var end = RefreshRevocation.Extent.family

    @OptionGroup var filter: LoginFilterOptions
    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        guard ids.isEmpty == filter.isGiven else {
            throw Failure(
                .usage, ids.isEmpty ? "which families?" : "ids and filters do not go together",
                hint: "name ids, or filters such as --user")
        }
        let targets: RefreshRevocation.Targets
        if ids.isEmpty {
            var families = FamilyFilter()
            families.session = filter.filter(at: try console.store(for: .reading).read(\.now))
            targets = .filter(families)
        } else {
            targets = .ids(try console.targets(ids))
        }
        try console.act(RefreshRevocation(targets, ending: end, reason: reason), act)
    }
}
