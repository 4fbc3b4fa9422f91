internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

/// `denylist …`
struct DenylistCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denylist", abstract: "The rules that end access tokens early",
        subcommands: [
            DenylistAdd.self, DenylistList.self, DenylistCheck.self, DenylistRemove.self, DenylistExportCommand.self,
            DenylistImportCommand.self,
        ])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == DenyRule {
    static func rules() -> Listing {
        Listing(
            schema: "denylist.list", id: { String($0.id) },
            columns: [
                Column("id", align: .right) { .id(String($0.id)) },
                Column("scope") { .text($0.scope.rawValue) },
                Column("value", shrinks: 1) { .text(ifAny: $0.scope == .everyone ? nil : $0.value) },
                Column("issued_before", header: "ISSUED BEFORE") { .instant(ifAny: $0.issuedBefore) },
                Column("matches_until", header: "UNTIL") { .instant(ifAny: $0.matchesUntil) },
                Column("created_at", header: "SINCE") { .instant($0.createdAt) },
                Column("actor", shrinks: 2) { .text($0.actor) },
                Column("reason", shrinks: 0) { .text(ifAny: $0.reason) },
                Column("audit", .wide, align: .right) { rule in
                    rule.auditSeq.map { $0 > 0 ? .count($0) : .none } ?? .none
                },
            ])
    }
}

struct DenylistAdd: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Deny access tokens by jti, session, user, client, key, or all of them",
        discussion: """
            EXAMPLES
              tokenctl denylist add --user alice --reason INC-481 --yes
              tokenctl denylist add --token - --reason "seen in a log" --yes < access-token
              tokenctl denylist add --everyone --reason INC-481 --yes --confirm everyone
            """)
    static let result = ResultShape.report("denylist.add")

    @Option(help: ArgumentHelp("A token by its jti; repeat for several", valueName: "jti"))
    var jti: [String] = []

    @Option(help: ArgumentHelp("- to read a whole token from standard input", valueName: "-"))
    var token: String?

    @Option(help: ArgumentHelp("The tokens of a session", valueName: "id"))
    var session: String?

    @Option(help: ArgumentHelp("The tokens of a user", valueName: "user"))
    var user: String?

    @Option(help: ArgumentHelp("The tokens of a client", valueName: "client"))
    var client: String?

    @Option(help: ArgumentHelp("The tokens of a key", valueName: "kid"))
    var key: String?

    @Flag(help: "The tokens of everyone")
    var everyone = false

    @Option(
        help: ArgumentHelp("Only those issued up to this time (else now)", valueName: "time"),
        transform: TimeOption.parse)
    var issuedBefore: TimeExpression?

    @Option(help: ArgumentHelp("Keep the rule at least until", valueName: "time"), transform: TimeOption.parse)
    var expires: TimeExpression?

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        var subjects: [DenylistAddition.Subject] = []
        if !jti.isEmpty { subjects.append(.tokenIDs(try console.targets(jti))) }
        if let token {
            guard let bytes = try console.readToken(token) else {
                throw Failure(.malformed, "standard input is larger than any token")
            }
            subjects.append(.token(bytes))
        }
        if let session { subjects.append(.session(session)) }
        if let user { subjects.append(.user(user)) }
        if let client { subjects.append(.client(client)) }
        if let key { subjects.append(.key(key)) }
        if everyone { subjects.append(.everyone) }
        guard let subject = subjects.first, subjects.count == 1 else {
            throw Failure(
                .usage, subjects.isEmpty ? "deny what?" : "one kind of target at a time",
                hint: "one of --jti, --token -, --session, --user, --client, --key, --everyone")
        }
        let now = console.now
        let addition = DenylistAddition(
            subject, issuedBefore: issuedBefore?.resolved(at: now, .ago), expires: expires?.resolved(at: now, .fromNow),
            reason: try act.reason(in: console))
        try console.act(addition, act)
    }
}

extension DenyScope: ExpressibleByArgument {}

struct DenylistCheck: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say whether a token is denied: exit 0 if not, 1 if it is",
        discussion: """
            A jti is looked up alone; a whole token on standard input is compared with rules of every scope.

            EXAMPLES
              tokenctl denylist check uZ0rT3m5Q8mJ4J0b1o2c3A
              tokenctl denylist check - < access-token
            """)
    static let result = ResultShape.answer("denylist.check")

    @Argument(help: ArgumentHelp("A jti, or - to read a whole token from standard input", valueName: "jti|-"))
    var target: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let token = target == "-" ? try console.readToken("-") : nil
        guard target != "-" || token != nil else {
            throw Failure(.malformed, "standard input is larger than any token")
        }
        let (rules, causes) = try console.store(for: .reading).read { store in
            let rules =
                try token.map(store.rules(matching:)) ?? [try store.denyRule(.token, target)].compactMap { $0 }
            return (rules, try rules.map(store.cause(of:)))
        }
        if !rules.isEmpty { console.outcome = .no }
        try console.show(
            "denylist.check",
            [
                .init("denied", .bool(!rules.isEmpty)), .init("rules", .array(rules.map { .integer($0.id) })),
            ],
            lines: rules.isEmpty ? ["not denied"] : causes.map { $0.sentence() })
    }
}

struct DenylistRemove: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Lift rules: what they denied is accepted again",
        discussion: """
            EXAMPLES
              tokenctl denylist remove 17 --reason "wrong user" --yes --expect-count 1
            """,
        aliases: ["rm"])
    static let result = ResultShape.report("denylist.remove")

    @Argument(help: ArgumentHelp("Rule ids, or - to read them from standard input", valueName: "id"))
    var ids: [String]

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        try console.act(DenylistRemoval(try console.targets(ids), reason: reason), act)
    }
}
