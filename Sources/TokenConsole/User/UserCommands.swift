internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

/// `user …`
struct UserCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Users: who is logged in, and logging out",
        subcommands: [UserList.self, UserShow.self, UserLogoutCommand.self])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == User {
    static func users(schema: String = "user.list") -> Listing {
        Listing(
            schema: schema, id: { $0.subject },
            columns: [
                Column("user", shrinks: 0) { .text($0.subject) },
                Column("live_sessions", header: "SESSIONS", align: .right) { .count($0.liveSessions) },
                Column("last_seen_at", header: "SEEN") { .instant(ifAny: $0.lastSeenAt) },
                Column("created_at", header: "SINCE") { .instant($0.createdAt) },
            ])
    }
}

struct UserLogoutCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "End every login of users and deny their access tokens",
        discussion: """
            EXAMPLES
              tokenctl user logout alice --reason "laptop stolen"
              tokenctl user logout alice --keep ses_4k2m9qdx --reason INC-481 --yes
              tokenctl user logout - --reason INC-481 --yes --max-affected 200 < users.txt
            """)
    static let result = ResultShape.report("user.logout")

    @Argument(help: ArgumentHelp("Users, or - to read them from standard input", valueName: "user"))
    var users: [String] = []

    @Flag(help: "Log everyone out, whatever the number of sessions")
    var all = false

    @Option(help: ArgumentHelp("Leave this session alive; repeat for several", valueName: "id"))
    var keep: [String] = []

    @Flag(help: "Also deny users that were never seen here")
    var unseen = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        guard users.isEmpty == all else {
            throw Failure(
                .usage, all ? "--all and users do not go together" : "which users?", hint: "name users, or --all")
        }
        if all { return try console.act(FloorLogout(.everyone, keep: keep, reason: reason), act) }
        let users = try console.targets(users)
        try console.act(UserLogout(users, keep: keep, includesUnseen: unseen, reason: reason), act)
    }
}
