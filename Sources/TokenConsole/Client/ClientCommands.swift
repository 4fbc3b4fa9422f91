internal import ArgumentParser
internal import TokenLifecycle

/// `client …`
struct ClientCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Clients: the applications that users log in to",
        subcommands: [ClientList.self, ClientShow.self, ClientLogout.self])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == ListedClient {
    static func clients() -> Listing {
        Listing(
            schema: "client.list", id: { $0.client.clientID },
            columns: [
                Column("client", shrinks: 0) { .text($0.client.clientID) },
                Column("live_sessions", header: "SESSIONS", align: .right) { .count($0.liveSessions) },
                Column("floor_at", header: "LOGGED OUT") {
                    .instant(ifAny: $0.client.floor.milliseconds > 0 ? $0.client.floor : nil)
                },
                Column("created_at", header: "SINCE") { .instant($0.client.createdAt) },
            ])
    }
}

struct ClientLogout: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Log everyone out of clients, whatever the number of sessions",
        discussion: """
            EXAMPLES
              tokenctl client logout web --reason "client secret leaked" --yes --confirm web
            """)
    static let result = ResultShape.report("client.logout")

    @Argument(help: ArgumentHelp("Client ids", valueName: "client"))
    var clients: [String]

    @Option(help: ArgumentHelp("Leave this session alive; repeat for several", valueName: "id"))
    var keep: [String] = []

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        let logout = FloorLogout(.clients(clients), keep: keep, atMost: act.maxAffected, reason: reason)
        try console.act(logout, act)
    }
}
