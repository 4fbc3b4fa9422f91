internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle
internal import TokenStorage

struct SessionCreate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Start a session and print its secrets, this once",
        discussion: """
            EXAMPLES
              tokenctl session create --user alice --client web --ip 203.0.113.7
              tokenctl session create --user alice --with-tokens --json
              tokenctl session create --user alice --cookie
            """)
    static let result = ResultShape.secrets("session.create")

    @Option(help: ArgumentHelp("The subject that logs in", valueName: "user"))
    var user: String

    @Option(help: ArgumentHelp("The client (else the policy token.default_client)", valueName: "client"))
    var client: String?

    @Option(help: ArgumentHelp("The address of the login", valueName: "addr"), transform: AddressOption.parse)
    var ip: IPAddress?

    @Option(help: ArgumentHelp("The browser's User-Agent", valueName: "text"))
    var userAgent: String?

    @Option(help: ArgumentHelp("A name for the device", valueName: "text"))
    var device: String?

    @Option(help: ArgumentHelp("Attributes: a JSON object of at most 4 KiB", valueName: "json"))
    var data: String?

    @Flag(help: "Also begin a refresh token family and issue an access token")
    var withTokens = false

    @Flag(help: "Print a ready Set-Cookie line instead of the session token")
    var cookie = false

    @Option(help: ArgumentHelp("A scope of the tokens; repeat for several", valueName: "scope"))
    var scope: [String] = []

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        var login = Login(user: user, client: client)
        login.ip = ip
        login.userAgent = userAgent
        login.device = device
        login.withTokens = withTokens
        login.scope = scope
        if !scope.isEmpty, !withTokens {
            throw Failure(.usage, "--scope needs --with-tokens: a session token has no scope")
        }
        if let data {
            do {
                login.data = try JSON(parsing: Array(data.utf8))
            } catch {
                throw Failure(
                    .malformed, "--data is not JSON: \(error)", hint: #"for example --data '{"role":"admin"}'"#)
            }
        }
        let made = try console.writing { store, actor in try store.logIn(login, as: actor) }
        try console.notes.note("\(made.session.id) of \(made.session.user): keep these, they are not shown again")
        for id in made.ended { try console.notes.note("\(id) ended to stay within session.limit") }
        try console.showLogin(
            Fields(
                schema: "session.create", id: made.session.id.text,
                [
                    ("session_id", .id(made.session.id.text)), ("session_token", .text(made.sessionToken)),
                    ("set_cookie", .none),
                    ("access_token", .text(ifAny: made.access?.text)),
                    ("access_expires_at", .instant(ifAny: made.access?.expiry)),
                    ("refresh_token", .text(ifAny: made.refreshToken)),
                ]), cookie: cookie ? made.session.cookie(made.sessionToken, at: made.session.createdAt) : nil)
    }
}

extension Console {
    /// Runs an operation that writes, if writing is allowed, letting Ctrl-C roll it back.
    mutating func writing<T>(_ body: (Store, Actor) throws -> T) throws -> T {
        guard !globals.isReadOnly else { throw Failure(.notPermitted, "--read-only refuses every act") }
        let store = try store(for: .writing)
        let actor = recordedActor
        return try interruption.protecting({ store.database.interrupt() }) {
            try interruption.check()
            return try body(store, actor)
        }
    }
}
