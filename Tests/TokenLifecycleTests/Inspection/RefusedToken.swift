import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// A token that is refused for one reason, and the store that refuses it.
struct RefusedToken {
    let test: TestStore
    let text: String

    /// Makes one for any reason there is: a reason without a case here does not compile.
    init(for reason: RefusalReason) throws {
        let test = try TestStore()
        self.test = test
        let login = try test.logInWithTokens(client: "web")
        let access = login.access?.text ?? ""
        func with(_ changes: [JSON.Member]) throws -> String { try test.sign(test.claims(changes)) }
        func end(_ act: some Act) throws -> String {
            try test.run(act)
            return access
        }
        let second = test.now.seconds
        text =
            switch reason {
            case .malformed: String(login.sessionToken.dropLast())
            case .wrongKind: login.session.id.text
            case .unsupported: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
            case .unknownKey: try TestStore().logInWithTokens().access?.text ?? ""
            case .algorithmMismatch: try Self.renamed(access, algorithm: "EdDSA")
            case .keyRemoved: try Self.afterRemoval(test)
            case .keyRevoked: try end(test.revocation(of: try test.signer ?? ""))
            case .keyExpired: try Self.afterImportEnded(test)
            case .badSignature: String(access.dropLast(20)) + String(repeating: "A", count: 20)
            case .wrongType: try test.sign(test.claims(), header: [.init("typ", "JWT")])
            case .missingClaim: try with([.init("exp", .null)])
            case .expired: try with([.init("exp", .integer(second))])
            case .notYetValid: try with([.init("nbf", .integer(second + 3600))])
            case .issuedInFuture: try with([.init("iat", .integer(second + 3600))])
            case .wrongIssuer: try with([.init("iss", "https://other.example")])
            case .wrongAudience: try with([.init("aud", "other")])
            case .deniedEveryone: try end(DenylistAddition(.everyone, reason: nil))
            case .deniedKey: try Self.afterDenyingKey(test, access)
            case .deniedClient: try end(DenylistAddition(.client("web"), reason: nil))
            case .deniedUser: try end(DenylistAddition(.user("alice"), reason: nil))
            case .deniedSession: try end(DenylistAddition(.session(login.session.id.text), reason: nil))
            case .deniedToken: try end(DenylistAddition(.tokenIDs([login.access?.id ?? ""]), reason: nil))
            case .sessionUnknown: try with([.init("sid", "ses_00000000")])
            case .sessionEnded: try end(SessionRevocation(.ids([login.session.id.text]), reason: nil))
            case .sessionExpired: try Self.afterIdling(test, login)
            case .sessionLoggedOut: try end(FloorLogout(.clients(["web"]), reason: nil))
            case .spent: try Self.spent(test, login)
            case .unknownToken: try TestStore().logIn().sessionToken
            }
    }

    private static func renamed(_ token: String, algorithm: String) throws -> String {
        let parts = token.split(separator: ".").map(String.init)
        let header = try JSON(parsing: Base64URL.decode(parts[0]))
        let members = (header.members ?? []).map { $0.name == "alg" ? .init("alg", .string(algorithm)) : $0 }
        return Base64URL.encode(JSON.object(members).serialized) + ".\(parts[1]).\(parts[2])"
    }

    private static func afterRemoval(_ test: TestStore) throws -> String {
        let kid = try test.signer ?? ""
        let token = try test.sign(test.claims(), kid: kid)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        test.advance(.hours(3))
        #expect(try test.cleanUp().keysRemoved == [kid])
        return token
    }

    private static func afterImportEnded(_ test: TestStore) throws -> String {
        let shop = try ForeignApp(.es256)
        try shop.importKey(into: test, until: test.now + .days(1))
        test.advance(.days(1) + .minutes(1) + .seconds(1))
        return try shop.token(["sub": "alice", "iat": .integer(test.now.seconds)])
    }

    private static func afterDenyingKey(_ test: TestStore, _ access: String) throws -> String {
        let kid = try test.signer ?? ""
        test.waitUntilKeysAreKnown()
        try test.rotate()
        try test.run(DenylistAddition(.key(kid), reason: nil))
        return access
    }

    private static func afterIdling(_ test: TestStore, _ login: LoggedIn) throws -> String {
        test.clock.now = try test.session(login).idleDeadline
        return try test.sign(test.claims([.init("sid", .string(login.session.id.text))]))
    }

    private static func spent(_ test: TestStore, _ login: LoggedIn) throws -> String {
        _ = try test.refresh(login.refreshToken).pair
        return login.refreshToken ?? ""
    }

    /// What `inspect` answers with no, in order.
    func refusals() throws -> [RefusalReason] {
        var expectations = Expectations()
        expectations.online = true
        let inspection = try test.read { try $0.inspect(Array(text.utf8), expectations) }
        return inspection.verification.checks.compactMap { if case .no(let reason) = $0.answer { reason } else { nil } }
    }
}
