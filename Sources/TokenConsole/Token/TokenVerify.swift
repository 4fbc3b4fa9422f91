internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct TokenVerify: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Say whether an access token is accepted: exit 0 or 1",
        discussion: """
            EXAMPLES
              tokenctl token verify - < access-token
              tokenctl token verify - --aud api --online --json < access-token
              tokenctl token verify - --lines < tokens.txt
            """)
    static let result = ResultShape.answer("token.verify")

    @Argument(help: ArgumentHelp("- to read the token from standard input", valueName: "-"))
    var source: String

    @OptionGroup var expected: ExpectationOptions

    @Flag(help: "Also ask whether its session is alive")
    var online = false

    @Flag(help: "Read many tokens, one a line; exit 1 if any is not accepted")
    var lines = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        var expectations = expected.expectations(at: try store.read(\.now))
        expectations.online = online
        if lines { return try verifyLines(&console, store, expectations) }
        guard let token = try console.readToken(source) else {
            return try show(Verification.oversized, &console)
        }
        try show(try store.read { try $0.verify(token, expectations) }, &console)
    }

    private func show(_ verification: Verification, _ console: inout Console) throws {
        if verification.verdict != .active { console.outcome = .no }
        try console.show("token.verify", verification.json, lines: [verification.line])
    }

    /// An answer a line, in order, for people and scripts that asked for no format; else records of the same members.
    private func verifyLines(_ console: inout Console, _ store: Store, _ expectations: Expectations) throws {
        guard source == "-" else { throw Failure(.usage, "tokens are read from standard input", hint: "write -") }
        let input = console.input
        var isRefused = false
        var isEmpty = true
        func eachVerification(_ body: (Verification) throws -> Bool) throws {
            while let line = try input.nextLineOfAnyLength(keeping: 1 << 20) {
                let verification: Verification
                switch line {
                case .tooLong: verification = .oversized
                case .bytes(let bytes):
                    let token = bytes.trimmingBlanks
                    guard !token.isEmpty else { continue }
                    verification = try store.read { try $0.verify(token, expectations) }
                }
                isEmpty = false
                if verification.verdict != .active { isRefused = true }
                guard try body(verification) else { return }
            }
        }
        switch try console.askedFormat {
        case .table, nil:
            let output = console.output
            try eachVerification {
                try output.writeLine(Escaping.visible($0.line))
                return true
            }
        default:
            try console.list(Listing.verifications) { emit in
                try eachVerification(emit)
                return nil
            }
        }
        guard !isEmpty else { throw Failure(.malformed, "standard input is empty", hint: "pipe tokens in, one a line") }
        if isRefused { console.outcome = .no }
    }
}

extension Listing where Record == Verification {
    /// The members of a verdict as columns.
    fileprivate static var verifications: Listing {
        Listing(
            schema: "token.verify", id: { $0.kid ?? "" },
            columns: Verification().json.map { member in
                Column(member.name) { verification in
                    verification.json.first { $0.name == member.name }.map { Cell($0.value) } ?? .none
                }
            })
    }
}

/// What a verifier demands beyond the policies.
struct ExpectationOptions: ParsableArguments {
    @Option(
        name: .customLong("aud"), help: ArgumentHelp("The audience to demand (else token.audience)", valueName: "aud"))
    var audience: String?

    @Option(name: .customLong("iss"), help: ArgumentHelp("The issuer to demand (else token.issuer)", valueName: "iss"))
    var issuer: String?

    @Option(help: ArgumentHelp("Judge as of this time", valueName: "time"), transform: TimeOption.parse)
    var at: TimeExpression?

    func expectations(at now: Instant) -> Expectations {
        var expectations = Expectations()
        expectations.audience = audience
        expectations.issuer = issuer
        expectations.at = at?.resolved(at: now, .ago)
        return expectations
    }
}

extension Verification {
    static let oversized = Verification(
        checks: [Check(name: "form", answer: .no(.malformed), detail: "larger than 1 MiB; a token has at most 8 KiB")])

    /// `active`, or `inactive`, the reason and what it means here.
    var line: String {
        guard let check = refusal, case .no(let reason) = check.answer else { return "active" }
        return "inactive: \(reason.rawValue): \(check.detail)"
    }

    /// The members of a verdict. Claims are told only where the signature is good.
    var json: [JSON.Member] {
        var members: [JSON.Member] = [.init("active", .bool(verdict == .active))]
        if let check = refusal, case .no(let reason) = check.answer {
            members += [.init("reason", .string(reason.rawValue)), .init("detail", .string(check.detail))]
        } else {
            members += [.init("reason", .null), .init("detail", .null)]
        }
        let signed = isSigned ? claims : nil
        func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
        func time(_ value: Int64?) -> JSON { value.map { .string(Instant(seconds: $0).rfc3339) } ?? .null }
        return members + [
            .init("kid", text(kid)), .init("sub", text(signed?.sub)), .init("client_id", text(signed?.clientID)),
            .init("sid", text(signed?.sid)), .init("jti", text(signed?.jti)),
            .init("issued_at", time(signed?.iat)),
            .init("expires_at", time(signed?.exp)),
        ]
    }
}
