internal import ArgumentParser
internal import TokenLifecycle

struct SessionRevoke: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End sessions with their refresh tokens, and deny their access tokens",
        discussion: """
            EXAMPLES
              tokenctl session revoke ses_4k2m9qdx
              tokenctl session revoke --user alice --ip 203.0.113.0/24 --reason "laptop stolen"
              tokenctl session revoke --all --keep ses_4k2m9qdx --yes --confirm everyone --reason INC-481
            """)
    static let result = ResultShape.report("session.revoke")

    @Argument(help: ArgumentHelp("Session ids, or - to read them from standard input", valueName: "id"))
    var ids: [String] = []

    @Flag(help: "Log everyone out, whatever the number of sessions")
    var all = false

    @Option(help: ArgumentHelp("Leave this session alive; repeat for several", valueName: "id"))
    var keep: [String] = []

    @OptionGroup var filter: SessionFilterOptions
    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        let ways = [!ids.isEmpty, filter.isGiven, all].count { $0 }
        guard ways == 1 else {
            throw Failure(
                .usage, ways == 0 ? "which sessions?" : "ids, filters and --all do not go together",
                hint: "name ids, or filters such as --user, or --all")
        }
        if all {
            let logout = FloorLogout(.everyone, keep: keep, atMost: act.maxAffected, reason: reason)
            return try console.act(logout, act)
        }
        let targets: SessionRevocation.Targets
        if ids.isEmpty {
            targets = .filter(filter.filter(at: try console.store(for: .reading).read(\.now)))
        } else {
            targets = .ids(try console.targets(ids))
        }
        try console.act(SessionRevocation(targets, keep: keep, reason: reason), act)
    }
}
