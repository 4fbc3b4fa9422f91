import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct IssuingTests {
    @Test func `an access token says what RFC 9068 wants`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web", scope: ["read"])
        let token = try #require(login.access)
        let jws = try CompactJWS(parsing: token.text)
        #expect(jws.typ == "at+jwt" && jws.alg == "ES256" && jws.kid == token.kid)
        #expect(try test.signer == token.kid)
        let claims = try JWTClaims(payload: jws.payload)
        #expect(claims.iss == "https://tokenctl.example" && claims.aud == ["api"] && claims.sub == "alice")
        #expect(claims.clientID == "web" && claims.sid == login.session.id.text && claims.scope == "read")
        #expect(claims.iat == login.session.createdAt.seconds && claims.jti == token.id)
        #expect(
            claims.exp == login.session.createdAt.seconds + 900 && token.expiry == Instant(seconds: claims.exp ?? 0))
    }

    @Test func `no two tokens share an id`() throws {
        let test = try TestStore()
        let ids = try (0..<50).map { _ in try test.store.issue(.init(user: "alice"), as: test.actor).id }
        #expect(Set(ids).count == 50)
        #expect(ids.allSatisfy { $0.count == 22 && !$0.hasPrefix("-") })
    }

    @Test func `the lifetime asked for is given within its range`() throws {
        let test = try TestStore()
        var request = AccessTokenRequest(user: "alice")
        for (lifetime, kind) in [
            (Duration.milliseconds(999), Failure.Kind.refused), (.seconds(1), nil), (.hours(1), nil),
            (.hours(1) + .ms, .refused), (.zero, .refused), (.seconds(-5), .refused),
        ] as [(Duration, Failure.Kind?)] {
            request.lifetime = lifetime
            #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == kind, "\(lifetime)")
        }
    }

    @Test func `a session's token never outlives the session`() throws {
        let test = try TestStore()
        try test.set("session.absolute", "10m")
        let login = try test.logIn()
        let token = try #require(try test.issue(session: login))
        #expect(token.expiry == Instant(seconds: login.session.absoluteExpiry.seconds))
        #expect(try test.session(login).accessUntil == token.expiry)
    }

    @Test func `a session records the latest end of its tokens`() throws {
        let test = try TestStore()
        let login = try test.logIn()
        var request = AccessTokenRequest(user: "alice")
        request.session = login.session.id.text
        request.lifetime = .hours(1)
        let long = try test.store.issue(request, as: test.actor)
        request.lifetime = .minutes(1)
        _ = try test.store.issue(request, as: test.actor)
        #expect(try test.session(login).accessUntil == long.expiry)
        let kid = try #require(try test.signer)
        #expect(try test.key(kid).latestExpiry == long.expiry)
        #expect(try test.session(login).accessKey == kid)
    }

    @Test func `issued tokens are counted by key and hour of expiry`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        for _ in 0..<3 { _ = try test.store.issue(.init(user: "alice"), as: test.actor) }
        test.advance(.minutes(50))
        for _ in 0..<2 { _ = try test.logInWithTokens("bob") }
        func unexpired() throws -> Int64 { try test.read { try $0.unexpiredTokens(of: $0.key(named: kid)) } }
        #expect(try unexpired() == 5)
        test.clock.now = .t0 + .minutes(59)
        #expect(try unexpired() == 5)
        // The first three expired within the hour that is over now.
        test.clock.now = .t0 + .hours(1)
        #expect(try unexpired() == 2)
        test.clock.now = .t0 + .hours(2)
        #expect(try unexpired() == 0)
    }

    @Test func `only a live session of that user and client gets a token`() throws {
        let test = try TestStore()
        let login = try test.logIn("alice", client: "web")
        var request = AccessTokenRequest(user: "bob")
        request.session = login.session.id.text
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .refused)
        request.user = "alice"
        request.client = "ios"
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .refused)
        request.client = "web"
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == nil)
        test.clock.now = try test.session(login).idleDeadline
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .refused)
        request.session = "ses_00000000"
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .notFound)
    }

    @Test(arguments: ["iss", "sub", "aud", "client_id", "exp", "nbf", "iat", "jti", "sid", "scope", "typ", "cnf"])
    func `claims of ours are nobody else's to set`(_ name: String) throws {
        let test = try TestStore()
        var request = AccessTokenRequest(user: "alice")
        request.claims = [.init(name, "x")]
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .usage)
        #expect(try test.count("user") == 0)
    }

    @Test func `a token that nobody would accept is not issued`() throws {
        let test = try TestStore()
        var request = AccessTokenRequest(user: "alice")
        request.claims = [.init("tier", "a"), .init("tier", "b")]
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .malformed)
        request.claims = [.init("deep", (0..<9).reduce("x") { inner, _ in .array([inner]) })]
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .malformed)
        request.claims = [.init("big", .string(String(repeating: "x", count: 7000)))]
        #expect(try failure { _ = try test.store.issue(request, as: test.actor) } == .refused)
        request.claims = [.init("tier", "gold"), .init("n", 3)]
        let token = try test.store.issue(request, as: test.actor)
        #expect(try test.verify(token.text) == .active)
        #expect(try test.claims(token.text)["tier"]?.stringValue == "gold")
    }

    @Test func `without a key that signs nothing is issued, and nothing written`() throws {
        let test = try TestStore(nil)
        let before = try test.read { $0.facts.lastWriteAt }
        #expect(try failure { _ = try test.store.issue(.init(user: "alice"), as: test.actor) } == .refused)
        #expect(try failure { _ = try test.logInWithTokens() } == .refused)
        #expect(try test.count("session") == 0)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
    }
}
