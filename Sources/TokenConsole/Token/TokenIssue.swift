internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct TokenIssue: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue an access token",
        discussion: """
            EXAMPLES
              tokenctl token issue --user alice --session ses_4k2m9qdx
              tokenctl token issue --user alice --ttl 5m --scope read --claim tenant=7
            """)
    static let result = ResultShape.secrets("token.issue")

    @Option(help: ArgumentHelp("The subject", valueName: "user"))
    var user: String

    @Option(help: ArgumentHelp("The client (else the session's, else the policy's)", valueName: "client"))
    var client: String?

    @Option(help: ArgumentHelp("Tie it to this session", valueName: "id"))
    var session: String?

    @Option(
        help: ArgumentHelp("Lifetime (else the policy access.ttl)", valueName: "dur"), transform: DurationOption.parse)
    var ttl: Duration?

    @Option(help: ArgumentHelp("A scope; repeat for several", valueName: "scope"))
    var scope: [String] = []

    @Option(help: ArgumentHelp("A claim of your own; JSON, else text; repeat for several", valueName: "name=value"))
    var claim: [String] = []

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        var request = AccessTokenRequest(user: user)
        request.client = client
        request.session = session
        request.lifetime = ttl
        request.scope = scope
        request.claims = try claim.map(Self.member)
        let names = request.claims.map(\.name)
        guard Set(names).count == names.count else { throw Failure(.usage, "a claim is given twice") }
        let token = try console.writing { store, actor in try store.issue(request, as: actor) }
        if session == nil {
            try console.notes.note("tied to no session: it ends at \(token.expiry.rfc3339), or by the denylist")
        }
        try console.show(
            Fields(
                schema: "token.issue", id: token.id,
                console.wantsDetail
                    ? [
                        ("access_token", .text(token.text)), ("jti", .id(token.id)), ("kid", .id(token.kid)),
                        ("expires_at", .instant(token.expiry)),
                    ] : [("access_token", .text(token.text))]))
    }

    private static func member(_ text: String) throws(Failure) -> JSON.Member {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw Failure(.usage, "a claim is name=value")
        }
        let value = String(text[text.index(after: equals)...])
        let json = (try? JSON(parsing: Array(value.utf8))) ?? .string(value)
        return JSON.Member(String(text[..<equals]), json)
    }
}

extension Console {
    /// Whether a program reads the result and wants every member; a person wants the secret alone.
    var wantsDetail: Bool {
        switch try? askedFormat {
        case .json, .ndjson, .csv, .tsv: true
        default: false
        }
    }
}
