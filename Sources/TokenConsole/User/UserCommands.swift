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

struct UserShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show whether anything of a user is still alive",
        discussion: """
            EXAMPLES
              tokenctl user show alice
            """,
        aliases: ["get"])
    static let result = ResultShape.answer("user.show")

    @Argument(help: ArgumentHelp("The subject", valueName: "user"))
    var user: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let name = self.user
        let (user, sessions, rule, now) = try console.store(for: .reading).read { reader in
            (
                try reader.user(named: name), try reader.liveSessions(ofUser: name), try reader.denyRule(.user, name),
                reader.now
            )
        }
        let isAlive = !sessions.isEmpty
        let lines =
            [
                // One word first: it is what was asked.
                isAlive
                    ? "alive: \(user.subject) has \(sessions.count.counted("live session"))"
                    : "dead: \(user.subject) has no live session",
                rule.map { "access tokens denied by rule \($0.id) of \($0.createdAt.rfc3339)" } ?? "no denylist rule",
            ]
            + sessions.map { session in
                let from = session.ip.map { " from \($0)" } ?? ""
                return "\(session.id)  \(session.client)\(from)  seen \(session.lastSeenAt.rfc3339)"
            }
        try console.show(
            "user.show",
            [
                .init("user", .string(user.subject)), .init("alive", .bool(isAlive)),
                .init("live_sessions", .integer(Int64(sessions.count))),
                .init("session_ids", .array(sessions.map { .string($0.id.text) })),
                .init("last_seen_at", user.lastSeenAt.map { .string($0.rfc3339) } ?? .null),
                .init("created_at", .string(user.createdAt.rfc3339)),
                .init("deny_rule", rule.map { .integer($0.id) } ?? .null), .init("at", .string(now.rfc3339)),
            ], lines: lines)
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
