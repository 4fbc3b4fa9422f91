internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct UserShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show whether anything of a user is still alive",
        discussion: """
            EXAMPLES
              tokenctl user show alice
              tokenctl user show alice -o json

            The first word is the answer: alive, while a session, a refresh token or an access token of theirs is; else gone.
            """,
        aliases: ["get"])
    static let result = ResultShape.answer("user.show")

    @Argument(help: ArgumentHelp("The subject", valueName: "user"))
    var user: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let name = self.user
        let (life, now) = try console.store(for: .reading).read { (try $0.life(ofUser: name), $0.now) }
        try console.show(
            "user.show",
            [
                .init("user", .string(life.user.subject)), .init("alive", .bool(life.isAlive)),
                .init("live_sessions", .integer(Int64(life.sessions.count))),
                .init("live_families", .integer(Int64(life.families))),
                .init("tokens_until", life.tokensUntil.map { .string($0.rfc3339) } ?? .null),
                .init("session_ids", .array(life.sessions.map { .string($0.id.text) })),
                .init("last_seen_at", life.user.lastSeenAt.map { .string($0.rfc3339) } ?? .null),
                .init("created_at", .string(life.user.createdAt.rfc3339)),
                .init("deny_rule", life.rule.map { .integer($0.id) } ?? .null), .init("at", .string(now.rfc3339)),
            ], lines: Self.lines(life, at: now))
    }

    /// One word first: it is what was asked.
    private static func lines(_ life: UserLife, at now: Instant) -> [String] {
        let who = life.user.subject
        let tokens = life.tokensUntil.map { "access tokens until \($0.clockText(at: now))" }
        let refreshing = life.families == 0 ? nil : life.families.counted("refresh token")
        let first =
            switch (life.sessions.count, tokens) {
            case (0, nil): "gone: nothing of \(who) is alive"
            case (0, let tokens?): "alive: \(who) has no live session, but \(tokens) that nothing denies"
            case (let count, _):
                "alive: \(who) has "
                    + [count.counted("live session"), refreshing, tokens].compactMap { $0 }
                    .joined(separator: ", ")
            }
        let rule = life.rule.map { "access tokens denied by rule \($0.id) of \($0.createdAt.rfc3339)" }
        return [first, rule ?? "no denylist rule"]
            + life.sessions.map { session in
                let from = session.ip.map { " from \($0)" } ?? ""
                return "\(session.id)  \(session.client)\(from)  seen \(session.lastSeenAt.rfc3339)"
            }
    }
}
