import Testing
import TokenCrypto
import TokenJOSE

@testable import TokenLifecycle

/// RFC 7662 §2.2: registered members, and none of ours.
@Suite struct IntrospectionTests {
    private static let registered: Set<String> = [
        "active", "scope", "client_id", "username", "token_type", "exp", "iat", "nbf", "sub", "aud", "iss", "jti",
    ]

    private func introspect(_ test: TestStore, _ text: String?) throws -> JSON {
        try test.read { try $0.introspect(Array((text ?? "").utf8)) }
    }

    private func names(_ json: JSON) -> [String] { (json.members ?? []).map(\.name) }

    @Test func `an access token`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web", scope: ["read", "write"])
        let token = try #require(login.access)
        let answer = try introspect(test, token.text)
        #expect(
            names(answer) == [
                "active", "scope", "client_id", "token_type", "exp", "iat", "sub", "aud", "iss", "jti",
            ])
        #expect(answer["active"] == true && answer["scope"] == "read write" && answer["client_id"] == "web")
        #expect(answer["token_type"] == "Bearer" && answer["sub"] == "alice" && answer["aud"] == "api")
        #expect(answer["exp"] == .integer(token.expiry.seconds) && answer["jti"] == .string(token.id))
        #expect(answer["iss"] == "https://tokenctl.example")
        #expect(answer["iat"] == .integer(login.session.createdAt.seconds))
    }

    @Test func `a claim of the application's own stays out, its nbf and several audiences come along`() throws {
        let test = try TestStore()
        let token = try test.sign(
            test.claims([
                .init("role", "admin"), .init("nbf", .integer(test.now.seconds)), .init("aud", ["api", "billing"]),
                .init("active", false),
            ]))
        let answer = try introspect(test, token)
        #expect(Set(names(answer)).isSubset(of: Self.registered))
        #expect(answer["active"] == true && answer["nbf"] == .integer(test.now.seconds))
        #expect(answer["aud"] == ["api", "billing"])
    }

    @Test func `session and refresh tokens`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web", scope: ["read"])
        let session = try introspect(test, login.sessionToken)
        #expect(names(session) == ["active", "client_id", "exp", "iat", "sub", "iss"])
        let refresh = try introspect(test, login.refreshToken)
        #expect(names(refresh) == ["active", "scope", "client_id", "exp", "iat", "sub", "iss"])
        for answer in [session, refresh] {
            #expect(answer["active"] == true && answer["sub"] == "alice" && answer["client_id"] == "web")
            #expect(answer["exp"] == .integer(try test.session(login).aliveUntil.seconds))
        }
        #expect(refresh["scope"] == "read")
    }

    @Test func `a legacy token is told with the client that stands in`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(1)) { $0.accepted.client = "shop" }
        let answer = try introspect(test, try shop.token(["sub": "alice"]))
        #expect(answer.text == #"{"active":true,"client_id":"shop","token_type":"Bearer","sub":"alice"}"#)
    }

    @Test func `it is online: a token ends with its session, and looking changes nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let before = try test.read { $0.facts.lastWriteAt }
        for token in [login.access?.text, login.sessionToken, login.refreshToken] {
            #expect(try introspect(test, token)["active"] == true)
        }
        #expect(try test.read { $0.facts.lastWriteAt } == before)
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        for token in [login.access?.text, login.sessionToken, login.refreshToken] {
            #expect(try introspect(test, token).text == #"{"active":false}"#)
        }
    }
}
