internal import ArgumentParser
internal import TokenLifecycle

struct TokenRefresh: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Spend a refresh token, print the new pair; exit 1 if it is refused",
        discussion: """
            EXAMPLES
              tokenctl token refresh - --client web --ip 203.0.113.7 < refresh-token
            """)
    static let result = ResultShape.secrets("token.refresh")

    @Argument(help: ArgumentHelp("- to read the refresh token from standard input", valueName: "-"))
    var source: String

    @Option(help: ArgumentHelp("The client that presents it; must be the login's", valueName: "client"))
    var client: String?

    @Option(help: ArgumentHelp("The address it came from", valueName: "addr"), transform: AddressOption.parse)
    var ip: IPAddress?

    @Option(help: ArgumentHelp("Ask for less than the login's scope; repeat for several", valueName: "scope"))
    var scope: [String] = []

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard let token = try console.readToken(source) else { return try refuse(.malformed, &console) }
        var request = RefreshRequest(token: token)
        request.client = client
        request.ip = ip
        request.scope = scope
        let outcome = try console.writing { store, actor in try store.refresh(request, as: actor) }
        switch outcome {
        case .refused(let reason): try refuse(reason, &console, Self.kind(of: token))
        case .refreshed(let pair):
            if pair.wasRepeated { try console.notes.note("spent a moment ago: the same successor again") }
            try console.show(Self.fields(pair, refused: nil))
        }
    }

    private func refuse(_ reason: RefreshRefusal, _ console: inout Console, _ kind: String? = nil) throws {
        console.outcome = .no
        let what = reason == .wrongKind ? kind.map { ": this is \($0)" } : nil
        try console.notes.note("refused: \(reason.rawValue)\(what ?? reason.advice)")
        if console.wantsDetail { try console.show(Self.fields(nil, refused: reason)) }
    }

    /// What was given in place of a refresh token, told by how it begins.
    private static func kind(of token: [UInt8]) -> String {
        token.starts(with: OpaqueTokenKind.session.rawValue.utf8) ? "a session token" : "an access token"
    }

    private static func fields(_ pair: Refreshed?, refused: RefreshRefusal?) -> Fields {
        Fields(
            schema: "token.refresh", id: pair?.family.text,
            [
                ("session_id", pair.map { .id($0.session.id.text) } ?? .none),
                ("access_token", .text(ifAny: pair?.access.text)),
                ("access_expires_at", .instant(ifAny: pair?.access.expiry)),
                ("refresh_token", .text(ifAny: pair?.refreshToken)), ("reason", .text(ifAny: refused?.rawValue)),
            ])
    }
}

extension RefreshRefusal {
    /// What the word means to whoever holds the token.
    fileprivate var advice: String {
        switch self {
        case .malformed: ": mistyped, cut, or no token at all"
        case .wrongKind: ": this is another kind of token"
        case .unknown: ": not a token of this store"
        case .wrongClient: ": it belongs to another client"
        case .wrongScope: ": a refresh can only narrow the scope"
        case .expired, .ended, .loggedOut: ": log in again"
        case .replayed: ": it was spent before, so its login was ended"
        }
    }
}
