internal import ArgumentParser
internal import TokenLifecycle

struct SessionRegenerate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "regenerate", abstract: "Give a session a new id and token: after login or a privilege change",
        discussion: """
            The login goes on: same data, same login time and absolute expiry, and its refresh tokens move along. The old
            token is dead and access tokens of the old id are denied.

            EXAMPLES
              tokenctl session regenerate ses_4k2m9qdx
              tokenctl session regenerate ses_4k2m9qdx --cookie
            """)
    static let result = ResultShape.secrets("session.regenerate")

    @Argument(help: ArgumentHelp("The session's id", valueName: "id"))
    var session: String

    @Flag(help: "Print a ready Set-Cookie line instead of the token")
    var cookie = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let name = session
        let made = try console.writing { store, actor in try store.regenerateSession(named: name, as: actor) }
        try console.notes.note("\(made.former) is now \(made.session.id): keep its token, it is not shown again")
        try console.showLogin(
            Fields(
                schema: "session.regenerate", id: made.session.id.text,
                [
                    ("session_id", .id(made.session.id.text)), ("session_token", .text(made.sessionToken)),
                    ("set_cookie", .none),
                    ("former_session_id", .id(made.former.text)),
                ]), cookie: cookie ? made.session.cookie(made.sessionToken, at: made.session.createdAt) : nil)
    }
}

extension Console {
    /// Shows a login's secrets. With a cookie, the session token as the `Set-Cookie` value that carries it; where there is
    /// nothing else to keep and nobody asked for a format, that header line alone, ready to be sent.
    func showLogin(_ fields: Fields, cookie: String?) throws(Failure) {
        guard let cookie else { return try show(fields) }
        let isAlone = !fields.members.contains { $0.name == "refresh_token" && $0.cell != .none }
        let isPlain = try askedFormat == nil
        let members = fields.members.map { member in
            switch member.name {
            case "session_token": (member.name, Cell.none)
            case "set_cookie": (member.name, Cell.text(cookie))
            default: member
            }
        }
        try show(
            Fields(
                schema: fields.schema, id: fields.id,
                isAlone && isPlain ? [("set_cookie", .text("Set-Cookie: \(cookie)"))] : members))
    }
}
