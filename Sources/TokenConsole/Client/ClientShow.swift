internal import ArgumentParser
internal import TokenLifecycle

struct ClientShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a client",
        discussion: """
            EXAMPLES
              tokenctl client show web
            """,
        aliases: ["get"])
    static let result = ResultShape.records(Listing.client)

    @Argument(help: ArgumentHelp("The client id", valueName: "client"))
    var client: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let name = client
        let found = try console.store(for: .reading).read { try $0.clientDetail(named: name) }
        try console.show(found, Listing.client)
    }
}

extension Listing where Record == ClientDetail {
    fileprivate static var client: Listing {
        Listing(
            schema: "client.show", id: { $0.client.clientID },
            columns: [
                Column("client") { .text($0.client.clientID) },
                Column("live_sessions", header: "SESSIONS", align: .right) { .count($0.liveSessions) },
                Column("live_users", header: "USERS", align: .right) { .count($0.liveUsers) },
                Column("last_seen_at", header: "SEEN") { .instant(ifAny: $0.lastSeenAt) },
                Column("created_at", header: "SINCE") { .instant($0.client.createdAt) },
                Column("floor_at", header: "LOGGED OUT") {
                    .instant(ifAny: $0.client.floor.milliseconds > 0 ? $0.client.floor : nil)
                },
                Column("logged_out_by") { .text(ifAny: $0.logout?.actor.name) },
                Column("logout_reason") { .text(ifAny: $0.logout?.reason) },
                Column("deny_rule") { $0.rule.map { .count($0.id) } ?? .none },
                Column("denied_until") { .instant(ifAny: $0.rule?.matchesUntil) },
            ])
    }
}
