import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct SigningKeyImportTests {
    private let iat = Instant.t0.seconds

    private func importing(
        _ bytes: [UInt8], into test: TestStore, _ change: (inout SigningKeyImport.Options) -> Void = { _ in }
    ) throws -> Report {
        var options = SigningKeyImport.Options()
        options.until = test.now + .days(30)
        change(&options)
        return try test.run(SigningKeyImport(SecretBytes(copying: bytes), options, reason: nil))
    }

    @Test(arguments: [SignatureAlgorithm.hs256, .es256, .edDSA, .rs256])
    func `tokens of another application verify as far as it said, and its key never signs`(
        _ algorithm: SignatureAlgorithm
    ) throws {
        let test = try TestStore()
        let shop = try ForeignApp(algorithm)
        let signer = try test.signer
        let until = test.now + .days(20)
        try shop.importKey(into: test, until: until)
        let token = try shop.token(["sub": "alice", "exp": .integer(iat + 86_400 * 60)])
        #expect(try test.verify(token) == .active)
        #expect(try test.signer == signer)
        #expect(try test.keyState("legacy") == .retiring)
        #expect(try failure { try test.rotate { $0.to = "legacy" } } == .refused)
        test.clock.now = until + .minutes(1)
        #expect(try test.verify(token) == .active)
        test.clock.now = until + .minutes(1) + .ms
        #expect(try test.verify(token) == .inactive(.keyExpired))
        try test.cleanUp()
        #expect(try test.keyState("legacy") == .removed)
        #expect(try test.verify(token) == .inactive(.unknownKey))
        #expect(try test.key("legacy").hasPrivateHalf == false)
    }

    @Test func `what a legacy token lacks is not asked of it`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30))
        #expect(try test.verify(try shop.token(["sub": "alice"])) == .active)
        #expect(try test.verify(try shop.token([:], typ: nil)) == .active)
        #expect(try test.verify(try shop.token(["exp": .integer(iat - 1)])) == .inactive(.expired))
        #expect(try test.verify(try shop.token(["nbf": .integer(iat + 3600)])) == .inactive(.notYetValid))
    }

    @Test func `what the import says to accept is demanded`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.es256)
        try shop.importKey(into: test, until: test.now + .days(30)) {
            $0.accepted = AcceptedTokens(type: "JWT", issuer: "https://shop", audience: "shop", client: nil)
        }
        let good: JSON = ["iss": "https://shop", "aud": "shop"]
        #expect(try test.verify(try shop.token(good)) == .active)
        #expect(try test.verify(try shop.token(good, typ: "at+jwt")) == .inactive(.wrongType))
        #expect(try test.verify(try shop.token(["iss": "x", "aud": "shop"])) == .inactive(.wrongIssuer))
        #expect(try test.verify(try shop.token(["iss": "https://shop"])) == .inactive(.wrongAudience))
    }

    @Test func `a token without iat counts as older than any cut-off`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30))
        let token = try shop.token(["sub": "alice"])
        let dated = try shop.token(["sub": "alice", "iat": .integer(iat)])
        test.advance(.hours(1))
        try test.run(DenylistAddition(.user("alice"), issuedBefore: .t0 - .days(10), reason: nil))
        #expect(try test.verify(token) == .inactive(.deniedUser))
        #expect(try test.verify(dated) == .active)
    }

    @Test func `the client that stands in can be logged out`() throws {
        let test = try TestStore()
        try test.logIn("x", client: "shop")
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30)) { $0.accepted.client = "shop" }
        let token = try shop.token(["sub": "alice"])
        try test.run(FloorLogout(.clients(["shop"]), reason: nil))
        #expect(try test.verify(token) == .inactive(.deniedClient))
    }

    @Test func `an unknown kid never falls back to the key that answers for none`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30))
        #expect(try test.verify(try shop.token(["sub": "a"])) == .active)
        #expect(try test.verify(try shop.token(["sub": "a"], kid: "legacy")) == .active)
        #expect(try test.verify(try shop.token(["sub": "a"], kid: "other")) == .inactive(.unknownKey))
        #expect(try test.verify(try shop.token(["sub": "a"], kid: "")) == .inactive(.unknownKey))
        let signer = try #require(try test.signer)
        #expect(try test.verify(try shop.token(["sub": "a"], kid: signer)) == .inactive(.algorithmMismatch))
    }

    @Test func `only one key may answer for tokens without kid`() throws {
        let test = try TestStore()
        try ForeignApp(.hs256).importKey(into: test, until: test.now + .days(1))
        let second = try failure {
            try ForeignApp(.hs256).importKey(into: test, until: test.now + .days(1)) { $0.kid = "second" }
        }
        #expect(second == .refused)
        try test.revokeKey("legacy")
        try ForeignApp(.hs256).importKey(into: test, until: test.now + .days(1)) { $0.kid = "second" }
        #expect(try test.key("second").answersWithoutKid)
    }

    @Test func `importing the same key again changes nothing, another under its kid is refused`() throws {
        for algorithm in [SignatureAlgorithm.hs256, .es256] {
            let test = try TestStore()
            let shop = try ForeignApp(algorithm)
            try shop.importKey(into: test, until: test.now + .days(30))
            let events = try test.count("audit_event")
            #expect(try shop.importKey(into: test, until: test.now + .days(30)).unchanged == 1)
            #expect(try test.count("audit_event") == events)
            let other = try failure {
                try ForeignApp(algorithm).importKey(into: test, until: test.now + .days(30))
            }
            #expect(other == .refused)
            try test.revokeKey("legacy")
            #expect(try failure { try shop.importKey(into: test, until: test.now + .days(30)) } == .refused)
        }
    }

    @Test(arguments: [SigningKey.RevocationCause.compromised, .superseded])
    func `what was revoked does not come back under another kid`(_ cause: SigningKey.RevocationCause) throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        try app.importKey(into: test, until: test.now + .days(30))
        try test.revokeKey("legacy") { $0.cause = cause }
        for kid in ["legacy", "again"] {
            let refusal = #expect(throws: Failure.self) { try importing(app.file, into: test) { $0.kid = kid } }
            #expect(refusal?.kind == .refused && refusal?.message.contains("legacy, revoked") == true)
        }
        #expect(try test.verify(try app.token(["sub": "alice"], kid: "again")) == .inactive(.unknownKey))
    }

    @Test func `one key has one kid while it verifies`() throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        try app.importKey(into: test, until: test.now + .days(1))
        #expect(try failure { _ = try importing(app.file, into: test) { $0.kid = "twin" } } == .refused)
        let members = ["a", "b"].map { app.key.publicJWK?.json(kid: $0, alg: .es256) ?? .null }
        let twice = JSON.object([.init("keys", .array(members))])
        #expect(try failure { _ = try importing(twice.serialized, into: TestStore()) } == .refused)
        test.advance(.days(2))
        try test.cleanUp()
        #expect(try test.keyState("legacy") == .removed)
        #expect(try importing(app.file, into: test) { $0.kid = "longer" }.changed == 1)
    }

    @Test func `a set, PEM and raw secrets are read`() throws {
        let test = try TestStore()
        let keys = try [ForeignApp(.es256), ForeignApp(.rs256)]
        let members = keys.enumerated().map { $1.key.publicJWK?.json(kid: "set-\($0)", alg: $1.algorithm) ?? .null }
        #expect(try importing(JSON.object([.init("keys", .array(members))]).serialized, into: test).changed == 2)
        #expect(try test.verify(try keys[1].token(["sub": "a"], kid: "set-1")) == .active)

        let pem = try ForeignApp(.edDSA)
        let text = try #require(try pem.key.publicJWK?.pem())
        #expect(try importing(Array(text.utf8), into: test).changed == 1)
        #expect(try test.verify(try pem.token(["sub": "a"], kid: pem.key.publicJWK?.thumbprint)) == .active)

        let secret = "correct horse battery staple, and then some"
        let encoded = Base64URL.encode(Array(secret.utf8))
        let hex = secret.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        for (kid, bytes, format) in [
            ("t", secret + "\n", .text), ("b", encoded, .base64url), ("h", hex, .hex), ("r", secret, .binary),
        ] as [(String, String, SigningKeyImport.SecretFormat)] {
            let report = try importing(Array(bytes.utf8), into: test) {
                $0.kid = "raw-\(kid)"
                $0.secretFormat = format
            }
            #expect(report.changed == 1)
            let token = try ForeignApp(secret: secret).token(["sub": "a"], kid: "raw-\(kid)")
            #expect(try test.verify(token) == .active, "\(format)")
        }
    }

    @Test func `a weak secret needs to be admitted, and then verifies, also after a restart`() throws {
        let test = try TestStore()
        let weak = Array("secret".utf8)
        #expect(try failure { _ = try importing(weak, into: test) { $0.secretFormat = .text } } == .malformed)
        _ = try importing(weak, into: test) {
            $0.secretFormat = .text
            $0.kid = "weak"
            $0.allowsWeak = true
        }
        let token = try ForeignApp(secret: "secret").token(["sub": "a"], kid: "weak")
        #expect(try test.verify(token) == .active)
        let restarted = try test.reopened()
        #expect(try restarted.read { try $0.verify(Array(token.utf8)).verdict } == .active)
        try restarted.close()
    }

    @Test func `a secret without a name gets a random one, no thumbprint that would test guesses`() throws {
        let kids = try (0..<2).map { _ in
            let test = try TestStore(nil)
            return try importing(Array(String(repeating: "k", count: 32).utf8), into: test) {
                $0.secretFormat = .text
            }.items.only.id
        }
        #expect(kids[0] != kids[1])
    }

    @Test func `a standby brought along may sign later`() throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        _ = try importing(app.key.text.bytes, into: test) {
            $0.until = nil
            $0.standsBy = true
            $0.isUnused = true
            $0.kid = "ours-now"
        }
        #expect(try test.keyState("ours-now") == .standby)
        test.waitUntilKeysAreKnown()
        try test.rotate { $0.to = "ours-now" }
        let login = try test.logInWithTokens()
        #expect(login.access?.kid == "ours-now")
        #expect(try test.verify(login.access?.text) == .active)
    }

    @Test func `what a standby brought along has signed elsewhere stays denied as long as it may verify`() throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        let until = test.now + .days(20)
        _ = try importing(app.key.text.bytes, into: test) {
            $0.until = until
            $0.standsBy = true
            $0.kid = "ours-now"
        }
        let token = try app.token(
            test.claims([.init("exp", .integer(until.seconds))]), kid: "ours-now", typ: "at+jwt")
        #expect(try test.verify(token) == .active)
        try test.run(UserLogout(["alice"], includesUnseen: true, reason: nil))
        test.advance(.days(10))
        #expect(try test.cleanUp().rules == 0)
        #expect(try test.verify(token) == .inactive(.deniedUser))
        try test.rotate { $0.to = "ours-now" }
        test.waitUntilKeysAreKnown()
        try test.rotate()
        test.waitUntilKeysAreKnown()
        test.advance(.days(5))
        try test.cleanUp()
        #expect(try test.verify(token) == .inactive(.deniedUser))
        #expect(try test.keyState("ours-now") == .retiring)
    }

    @Test func `options that contradict each other are refused`() throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        let set = JSON.object([
            .init("keys", .array([try ForeignApp(.es256), app].map { $0.key.publicJWK?.json() ?? .null }))
        ])
        typealias Change = (inout SigningKeyImport.Options) -> Void
        for (kind, bytes, change) in [
            (.usage, app.file, { $0.until = nil }), (.refused, app.file, { $0.standsBy = true }),
            (
                .usage, app.file,
                {
                    $0.until = nil
                    $0.standsBy = true
                }
            ),
            (
                .usage, app.file,
                {
                    $0.standsBy = true
                    $0.isUnused = true
                }
            ), (.usage, app.file, { $0.isUnused = true }), (.usage, app.file, { $0.until = .t0 - .days(1) }),
            (.usage, set.serialized, { $0.kid = "one" }),
            (.usage, set.serialized, { $0.answersWithoutKid = true }), (.malformed, app.file, { $0.kid = "a\nb" }),
            (.malformed, Array("hello".utf8), { _ in }), (.malformed, [], { _ in }),
            (.malformed, Array("abc".utf8), { $0.secretFormat = .hex }),
        ] as [(Failure.Kind, [UInt8], Change)] {
            #expect(try failure { _ = try importing(bytes, into: test, change) } == kind)
        }
        #expect(try test.count("signing_key") == 2)
    }
}
