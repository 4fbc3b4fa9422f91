internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct TokenInspect: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what a token is, with every check and its answer",
        discussion: """
            Takes any text: tokens of ours and of others, live or dead, and what only looks like one. Exit 0 whenever it could
            say what the thing is; whether it is accepted, 'token verify' answers.

            EXAMPLES
              tokenctl token inspect - < some-token
            """)
    static let result = ResultShape.answer("token.inspect")

    @Argument(help: ArgumentHelp("- to read the token from standard input", valueName: "-"))
    var source: String

    @OptionGroup var expected: ExpectationOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        guard let token = try console.readToken(source) else {
            throw Failure(.malformed, "standard input is larger than any token")
        }
        let (inspection, now) = try store.read { reader in
            var expectations = expected.expectations(at: reader.now)
            expectations.online = true
            return (try reader.inspect(token, expectations), reader.now)
        }
        guard inspection.kind != .unknown else {
            throw Failure(
                .malformed, "no token: \(inspection.what)",
                hint: "a JWT, or a text that begins with tks_ or tkr_, on standard input")
        }
        let style = console.globals.time ?? .relative
        try console.show("token.inspect", inspection.json, lines: InspectionText(inspection, now, style).lines)
    }
}

extension Inspection {
    fileprivate var json: [JSON.Member] {
        let reason: JSON =
            if case .inactive(let reason) = verification.verdict { .string(reason.rawValue) } else { .null }
        func time(_ value: Int64?) -> JSON { value.map { .string(Instant(seconds: $0).rfc3339) } ?? .null }
        let claims = verification.claims
        return [
            .init("kind", .string(kind.rawValue)), .init("what", .string(what)),
            .init("active", .bool(verification.verdict == .active)), .init("reason", reason),
            .init("verified", .bool(verification.isSigned)), .init("header", verification.header ?? .null),
            .init("claims", verification.payload ?? .null), .init("issued_at", time(claims?.iat)),
            .init("not_before", time(claims?.nbf)), .init("expires_at", time(claims?.exp)),
            .init("session_id", session.map { .string($0.id.text) } ?? .null),
            .init("family_id", family.map { .string($0.id.text) } ?? .null),
            .init("checks", .array(verification.checks.map(\.json))),
        ]
    }
}

extension Check {
    fileprivate var json: JSON {
        let (answer, reason): (String, JSON) =
            switch self.answer {
            case .yes: ("yes", .null)
            case .no(let reason): ("no", .string(reason.rawValue))
            case .skipped: ("skipped", .null)
            }
        return .object([
            .init("name", .string(name)), .init("answer", .string(answer)), .init("reason", reason),
            .init("detail", .string(detail)), .init("rule", cause?.rule.map(JSON.integer) ?? .null),
            .init("audit", cause?.audit.map(JSON.integer) ?? .null),
        ])
    }
}
