import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct VerificationTests {
    @Test func `what was pasted along with a token is named`() throws {
        let test = try TestStore()
        let token = try #require(try test.logInWithTokens().access?.text)
        for (text, word) in [
            ("Bearer \(token)", "leave that word out"), ("bearer  \(token)", "leave that word out"),
            ("Authorization: Bearer \(token)", "whole Authorization header"), ("\(token)\n\(token)", "2 tokens"),
        ] {
            let verification = try test.read { try $0.verify(Array(text.utf8)) }
            #expect(verification.verdict == .inactive(.malformed))
            #expect(verification.refusal?.detail.contains(word) == true, "\(text.prefix(20))")
        }
    }

    @Test(arguments: [
        ("a.b", RefusalReason.malformed), ("", .malformed), ("not a token", .malformed), ("e30.e30.e30", .malformed),
        ("{\"payload\":\"e30\"}", .unsupported), ("a.b.c.d.e", .unsupported),
        ("eyJhbGciOiJub25lIn0.e30.", .unsupported), ("eyJhbGciOiJIUzM4NCJ9.e30.AA", .unsupported),
        ("eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.AA", .unsupported),
        ("eyJhbGciOiJFUzI1NiIsImtpZCI6Im5vIn0.e30.AA", .unknownKey), ("eyJhbGciOiJFUzI1NiJ9.e30.AA", .unknownKey),
        ("eyJhbGciOiJFUzI1NiIsImtpZCI6IlwwIn0.e30.AA", .malformed),
        ("eyJhbGciOiJFUzI1NiIsImtpZCI6Ilx1MDAwMCJ9.e30.AA", .unknownKey),
    ])
    func `any bytes get a verdict`(_ token: String, _ reason: RefusalReason) throws {
        #expect(try TestStore().verify(token) == .inactive(reason))
    }

    @Test func `garbage of every length gets a verdict too`() throws {
        let test = try TestStore()
        var random = SeededRandom(3)
        let good = Array(try #require(try test.logInWithTokens().access).text.utf8)
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch random.next() % 3 {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            guard bytes != good else { continue }
            #expect(try test.read { try $0.verify(bytes).verdict } != .active)
        }
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 9000)
        #expect(try test.read { try $0.verify(long).verdict } == .inactive(.malformed))
    }

    @Test func `a token of ours of another kind is named`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        #expect(try test.verify(login.sessionToken) == .inactive(.wrongKind))
        #expect(try test.verify(login.refreshToken) == .inactive(.wrongKind))
        #expect(try test.refresh(login.access?.text).refusal == .wrongKind)
    }

    private static let claimChanges: [(JSON.Member, RefusalReason?)] = [
        (.init("exp", .null), .missingClaim), (.init("iat", .null), .missingClaim),
        (.init("iss", "https://other.example"), .wrongIssuer), (.init("iss", .null), .wrongIssuer),
        (.init("aud", "other"), .wrongAudience), (.init("aud", .null), .wrongAudience),
        (.init("aud", ["other", "api"]), nil), (.init("sub", .null), nil), (.init("client_id", .null), nil),
        (.init("jti", .null), nil), (.init("exp", "tomorrow"), .malformed), (.init("exp", 1.5), .malformed),
        (.init("sub", 7), .malformed), (.init("nbf", -1), .malformed),
    ]

    @Test(arguments: claimChanges.indices)
    func `each claim is judged`(_ number: Int) throws {
        let (change, reason) = Self.claimChanges[number]
        let test = try TestStore()
        let token = try test.sign(test.claims([change]))
        #expect(try test.verify(token) == (reason.map { .inactive($0) } ?? .active), "\(change)")
    }

    @Test func `times are judged to the second, expiry without leeway and the rest within the skew`() throws {
        let test = try TestStore()
        test.clock.now = .t0 + .hours(1)
        let second = test.now.seconds
        func verdict(_ name: String, _ value: Int64) throws -> Verdict {
            try test.verify(try test.sign(test.claims([.init(name, .integer(value))])))
        }
        #expect(try verdict("exp", second + 1) == .active)
        #expect(try verdict("exp", second) == .inactive(.expired))
        #expect(try verdict("nbf", second + 60) == .active)
        #expect(try verdict("nbf", second + 61) == .inactive(.notYetValid))
        #expect(try verdict("iat", second + 60) == .active)
        #expect(try verdict("iat", second + 61) == .inactive(.issuedInFuture))
        let token = try test.sign(test.claims([.init("exp", .integer(second + 1))]))
        #expect(try test.verify(token, at: Instant(seconds: second + 1) - .ms) == .active)
        #expect(try test.verify(token, at: Instant(seconds: second + 1)) == .inactive(.expired))
        #expect(try test.verify(token, at: Instant(seconds: second) - .hours(2)) == .inactive(.issuedInFuture))
    }

    @Test(
        arguments: [
            ("at+jwt", nil), ("AT+JWT", nil), ("application/at+jwt", nil), ("JWT", RefusalReason.wrongType),
            ("", .wrongType), ("at+jwt ", .wrongType), ("dpop+jwt", .wrongType),
        ] as [(String, RefusalReason?)])
    func `the type is that of access tokens`(_ type: String, _ reason: RefusalReason?) throws {
        let test = try TestStore()
        let token = try test.sign(test.claims(), header: [.init("typ", .string(type))])
        #expect(try test.verify(token) == (reason.map { .inactive($0) } ?? .active))
    }

    @Test func `a type that is missing is the wrong one`() throws {
        let test = try TestStore()
        #expect(try test.verify(try test.sign(test.claims(), header: [])) == .inactive(.wrongType))
    }

    @Test func `names are compared by their code points`() throws {
        let test = try TestStore()
        try test.set("token.audience", "caf\u{E9}")
        let composed = try test.sign(test.claims([.init("aud", "caf\u{E9}")]))
        let decomposed = try test.sign(test.claims([.init("aud", "cafe\u{301}")]))
        #expect(try test.verify(composed) == .active)
        #expect(try test.verify(decomposed) == .inactive(.wrongAudience))
        try test.set("token.issuer", "https://caf\u{E9}.example")
        func issued(by issuer: String) throws -> String {
            try test.sign(test.claims([.init("aud", "caf\u{E9}"), .init("iss", .string(issuer))]))
        }
        #expect(try test.verify(try issued(by: "https://caf\u{E9}.example")) == .active)
        #expect(try test.verify(try issued(by: "https://cafe\u{301}.example")) == .inactive(.wrongIssuer))
    }

    @Test(arguments: ["sub", "client_id", "sid", "jti"])
    func `a NUL in what a token names matches no rule, and the verdict is still given`(_ claim: String) throws {
        let test = try TestStore()
        try test.run(DenylistAddition(.user("ali"), reason: nil))
        test.advance(.seconds(2))
        let token = try test.sign(test.claims([.init(claim, "ali\0ce")]))
        #expect(try test.verify(token) == .active)
    }

    @Test func `expectations of the caller come before the policies`() throws {
        let test = try TestStore()
        let token = Array(try test.sign(test.claims([.init("aud", ["api", "billing"])])).utf8)
        func verdict(_ change: (inout Expectations) -> Void) throws -> Verdict {
            var expectations = Expectations()
            change(&expectations)
            return try test.read { try $0.verify(token, expectations).verdict }
        }
        #expect(try verdict { $0.audience = "billing" } == .active)
        #expect(try verdict { $0.audience = "shop" } == .inactive(.wrongAudience))
        #expect(try verdict { $0.issuer = "https://other.example" } == .inactive(.wrongIssuer))
    }

    @Test func `online asks the session too`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        let token = try #require(try test.issue(session: login)).text
        #expect(try test.verify(token, online: true) == .active)
        test.clock.now = try test.session(login).idleDeadline
        let late = try test.sign(test.claims([.init("sid", .string(login.session.id.text))]))
        #expect(try test.verify(late) == .active)
        #expect(try test.verify(late, online: true) == .inactive(.sessionExpired))

        let floored = try test.logIn("bob", client: "kiosk")
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.seconds(2))
        let bob = try test.sign(test.claims(for: "bob", [.init("sid", .string(floored.session.id.text))]))
        #expect(try test.verify(bob, online: true) == .inactive(.sessionLoggedOut))
        try test.run(SessionRevocation(.ids([try test.logIn("carol").session.id.text]), reason: nil))
        let nobody = try test.sign(test.claims([.init("sid", "ses_00000000")]))
        #expect(try test.verify(nobody) == .active)
        #expect(try test.verify(nobody, online: true) == .inactive(.sessionUnknown))
        let untied = try test.sign(test.claims())
        #expect(try test.verify(untied, online: true) == .active)
    }

    @Test func `an ended session is refused online even when its rule was lifted`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        let rule = try #require(try test.read { try $0.denyRule(.session, login.session.id.text) })
        try test.run(DenylistRemoval([String(rule.id)], reason: nil))
        #expect(try test.verify(login.access?.text) == .active)
        #expect(try test.verify(login.access?.text, online: true) == .inactive(.sessionEnded))
    }

    @Test func `verify stops at the first no, and inspect shows them all in order`() throws {
        let test = try TestStore()
        let claims = try test.claims([
            .init("exp", .integer(test.now.seconds - 5)), .init("iss", "x"), .init("aud", "y"),
        ])
        let token = Array(try test.sign(claims, header: [.init("typ", "JWT")]).utf8)
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        let brief = try test.read { try $0.verify(token) }
        #expect(brief.verdict == .inactive(.wrongType))
        #expect(brief.checks.map(\.name) == ["form", "key", "key state", "signature", "type"])

        let whole = try test.read { try $0.inspect(token) }
        #expect(whole.kind == .accessToken)
        let verification = whole.verification
        #expect(verification.verdict == .inactive(.wrongType))
        let answers = verification.checks.compactMap { if case .no(let reason) = $0.answer { reason } else { nil } }
        #expect(answers == [.wrongType, .expired, .wrongIssuer, .wrongAudience, .deniedUser])
        #expect(
            verification.checks.map(\.name) == [
                "form", "key", "key state", "signature", "type", "expiry", "issued", "issuer", "audience",
                "denylist: everyone", "denylist: key", "denylist: client", "denylist: user", "denylist: session",
                "denylist: token", "session alive",
            ])
    }

    @Test func `of several rules the widest is named first`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        let token = login.access?.text
        var order: [Verdict] = []
        try test.run(DenylistAddition(.tokenIDs([login.access?.id ?? ""]), reason: nil))
        order.append(try test.verify(token))
        try test.run(DenylistAddition(.session(login.session.id.text), reason: nil))
        order.append(try test.verify(token))
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        order.append(try test.verify(token))
        try test.run(DenylistAddition(.client("web"), reason: nil))
        order.append(try test.verify(token))
        try test.run(DenylistAddition(.everyone, reason: nil))
        order.append(try test.verify(token))
        #expect(
            order == [
                .inactive(.deniedToken), .inactive(.deniedSession), .inactive(.deniedUser), .inactive(.deniedClient),
                .inactive(.deniedEveryone),
            ])
    }
}
