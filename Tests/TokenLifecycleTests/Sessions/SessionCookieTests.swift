import Testing

@testable import TokenLifecycle

@Suite struct SessionCookieTests {
    @Test func `the cookie carries every attribute that keeps it where it belongs`() throws {
        let test = try TestStore(nil)
        let login = try test.logIn()
        let cookie = login.session.cookie(login.sessionToken, at: login.session.createdAt + .minutes(1) + .ms)
        #expect(
            cookie == "__Host-session=\(login.sessionToken); Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=86339")
        #expect(!cookie.contains("Domain"))
        #expect(SessionCookie.clearing == "__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0")
        #expect(login.session.cookie("t", at: test.now + .days(2)).hasSuffix("Max-Age=0"))
    }

    @Test(arguments: [
        ("__Host-session=tks_a", "tks_a"), ("a=b; __Host-session=tks_a; c=d", "tks_a"),
        ("a=b;__Host-session=tks_a", "tks_a"), ("", nil), ("__Host-session=", nil), ("__Host-sessions=tks_a", nil),
        ("x__Host-session=tks_a", nil), ("session=tks_a", nil), ("__Host-session=a; __Host-session=b", nil),
        ("__host-session=tks_a", nil),
    ])
    func `a header gives the token back, and an ambiguous one none`(header: String, token: String?) {
        #expect(SessionCookie.token(inHeader: header) == token)
    }
}
