internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct TokenInspect: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what a token is, with every check and its answer",
        discussion: """
            Exit 0 whenever it could say what the thing is; whether it is accepted, 'token verify' answers.

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
        guard inspection.kind != .unknown || inspection.verification.header != nil else {
            let why = inspection.verification.refusal?.detail ?? ""
            throw Failure(
                .malformed, "cannot read this as a token: \(why)",
                hint: "a JWT, or one that begins with tks_ or tkr_, on standard input")
        }
        try console.show("token.inspect", inspection.json, lines: inspection.lines(at: now))
    }
}

extension Inspection {
    private var name: String {
        switch kind {
        case .accessToken, .unknown: "access token (JWT)"
        case .sessionToken: "session token"
        case .refreshToken: "refresh token"
        }
    }

    fileprivate func lines(at now: Instant) -> [String] {
        var lines = [name + (verification.verdict == .active ? ": accepted" : ": not accepted")]
        if let header = verification.header { lines.append("header   \(header.text)") }
        if let payload = verification.payload {
            lines.append((verification.isSigned ? "claims   " : "claims, UNVERIFIED   ") + payload.text)
        }
        if let claims = verification.claims {
            for (label, time) in [
                ("issued", claims.iat), ("expires", claims.exp), ("not before", claims.nbf),
            ] {
                guard let time else { continue }
                lines.append("\(label.padded(9))\(Instant(seconds: time).rfc3339)")
            }
        }
        if let session { lines.append("session  \(session.id)  \(session.user)  \(session.client)") }
        lines += verification.checks.map { check in
            switch check.answer {
            case .yes: "yes      \(check.name): \(check.detail)"
            case .no(let reason): "NO       \(check.name): \(reason.rawValue): \(check.detail)"
            case .skipped: "-        \(check.name): \(check.detail)"
            }
        }
        return lines
    }

    fileprivate var json: [JSON.Member] {
        let reason: JSON =
            if case .inactive(let reason) = verification.verdict { .string(reason.rawValue) } else { .null }
        return [
            .init("kind", .string(kind.rawValue)), .init("active", .bool(verification.verdict == .active)),
            .init("reason", reason), .init("verified", .bool(verification.isSigned)),
            .init("header", verification.header ?? .null), .init("claims", verification.payload ?? .null),
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
            .init("detail", .string(detail)),
        ])
    }
}
