import Synchronization
import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct TokenStoreTests {
    private func opened(_ test: TestStore, _ change: (inout TokenStore.Options) -> Void = { _ in }) async throws
        -> TokenStore
    {
        var options = TokenStore.Options()
        options.clock = test.clock.clock
        options.lockTimeout = .seconds(60)
        change(&options)
        return try await TokenStore.open(at: test.path, masterKeyFile: test.folder + "/master.key", options: options)
    }

    private func pair(_ answer: RefreshAnswer) -> TokenPair? {
        if case .refreshed(let pair) = answer { pair } else { nil }
    }

    private func refusal(_ answer: RefreshAnswer) -> RefreshRefusal? {
        if case .refused(let reason) = answer { reason } else { nil }
    }

    private func claims(_ answer: TokenAnswer) -> AccessClaims? {
        if case .active(let claims) = answer { claims } else { nil }
    }

    private func refusal(_ answer: TokenAnswer) -> RefusalReason? {
        if case .inactive(let reason) = answer { reason } else { nil }
    }

    @Test func `a login is checked, refreshed, verified and logged out`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        var request = LoginRequest(user: "alice", client: "web")
        request.address = "192.0.2.7"
        request.attributes = #"{"role": "admin"}"#
        request.withTokens = true
        request.scope = ["read", "write"]
        let login = try await store.logIn(request)
        #expect(login.cookie.contains(login.sessionToken))
        #expect(try await store.checkSession(login.sessionToken).session == login.session)
        #expect(login.session.attributes == #"{"role":"admin"}"# && login.session.address == "192.0.2.7")

        let tokens = try #require(login.tokens)
        let accepted = try #require(claims(try await store.verify(tokens.accessToken, online: true)))
        #expect(accepted.subject == "alice" && accepted.client == "web" && accepted.session == login.session.id)
        #expect(accepted.scope == ["read", "write"] && accepted.expiresAt == tokens.accessExpiresAt)
        test.advance(.minutes(1))
        let next = try #require(pair(try await store.refresh(tokens.refreshToken, client: "web", scope: ["read"])))
        #expect(claims(try await store.verify(next.accessToken))?.scope == ["read"])
        #expect(refusal(try await store.refresh(next.refreshToken, client: "ios")) == .wrongClient)

        #expect(try await store.logOut(sessionToken: login.sessionToken))
        #expect(try await !store.logOut(sessionToken: login.sessionToken))
        #expect(try await store.checkSession(login.sessionToken) == .inactive(.ended))
        #expect(refusal(try await store.verify(next.accessToken)) == .deniedSession)
        #expect(refusal(try await store.refresh(next.refreshToken)) == .ended)
        try await store.close()
    }

    @Test func `a session token of another secret opens nothing, and ends nothing`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let login = try await store.logIn(LoginRequest(user: "alice"))
        let token = try OpaqueToken(Array(login.sessionToken.utf8))
        let forged = OpaqueToken.session(token.id, secret: SecretBytes(copying: [UInt8](repeating: 7, count: 32)))
        #expect(try await store.checkSession(forged) == .inactive(.unknown))
        #expect(try await !store.logOut(sessionToken: forged))
        #expect(try await store.regenerateSession(forged) == nil)
        #expect(try await store.checkSession(login.sessionToken).session != nil)
        try await store.close()
    }

    @Test func `an app logs out with any refresh token of its login, and with no other`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        var request = LoginRequest(user: "alice")
        request.withTokens = true
        for spends in 0...2 {
            let login = try await store.logIn(request)
            let first = try #require(login.tokens).refreshToken
            var newest = first
            for _ in 0..<spends { newest = try #require(pair(try await store.refresh(newest))).refreshToken }
            #expect(try await !store.logOut(refreshToken: login.sessionToken))
            #expect(try await !store.logOut(refreshToken: String(first.dropLast())))
            #expect(try await store.logOut(refreshToken: first))
            #expect(try await store.checkSession(login.sessionToken) == .inactive(.ended))
            #expect(refusal(try await store.refresh(newest)) == .ended)
            #expect(try await !store.logOut(refreshToken: newest))
            #expect(try test.read { try $0.session(named: login.session.id) }.end?.reason == EndReason.logout.rawValue)
            #expect(try test.read { try $0.families(of: $0.session(named: login.session.id)).only.replays } == 0)
        }
        let login = try await store.logIn(request)
        let elsewhere = try TestStore()
        let stranger = try await opened(elsewhere).logIn(request)
        #expect(try await !store.logOut(refreshToken: try #require(stranger.tokens).refreshToken))
        #expect(try await store.checkSession(login.sessionToken).session != nil)
        try await store.close()
    }

    @Test func `a request counts as activity only where it matters, and only where it is wanted`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let login = try await store.logIn(LoginRequest(user: "alice"))
        test.advance(.seconds(59))
        #expect(try await store.checkSession(login.sessionToken).session?.lastSeenAt == login.session.lastSeenAt)
        test.advance(.seconds(10))
        #expect(
            try await store.checkSession(login.sessionToken, touching: false).session?.lastSeenAt
                == login.session.lastSeenAt)
        let touched = try #require(try await store.checkSession(login.sessionToken).session)
        #expect(touched.lastSeenAt >= test.now && touched.aliveUntil == touched.lastSeenAt + .hours(1))
        test.advance(.hours(1) + .ms)
        #expect(try await store.checkSession(login.sessionToken) == .inactive(.idleExpired))
        try await store.close()
    }

    @Test func `what is no session token is answered in words`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        var request = LoginRequest(user: "alice")
        request.withTokens = true
        let login = try await store.logIn(request)
        let tokens = try #require(login.tokens)
        for (text, reason) in [
            ("", SessionRefusal.malformed), ("tks_", .malformed), (String(login.sessionToken.dropLast()), .malformed),
            (tokens.refreshToken, .wrongKind), (tokens.accessToken, .wrongKind),
        ] {
            #expect(try await store.checkSession(text) == .inactive(reason))
            #expect(try await !store.logOut(sessionToken: text))
            #expect(try await store.regenerateSession(text) == nil)
        }
        let other = try TestStore()
        let stranger = try await opened(other).logIn(LoginRequest(user: "alice"))
        #expect(try await store.checkSession(stranger.sessionToken) == .inactive(.unknown))
        #expect(refusal(try await store.refresh(login.sessionToken)) == .wrongKind)
        try await store.close()
    }

    @Test func `an operator and the application reach each other's logins`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let (first, second) = try await (
            store.logIn(LoginRequest(user: "alice")), store.logIn(LoginRequest(user: "alice"))
        )
        #expect(try await store.sessions(ofUser: "alice").count == 2)
        try test.run(SessionRevocation(.ids([first.session.id]), reason: "laptop stolen"))
        #expect(try await store.checkSession(first.sessionToken) == .inactive(.ended))
        let third = try await store.logIn(LoginRequest(user: "alice"))
        #expect(try await store.logOut(user: "alice", keeping: second.session.id, reason: "password changed") == 1)
        #expect(try await store.checkSession(third.sessionToken) == .inactive(.ended))
        #expect(try await store.checkSession(second.sessionToken).session != nil)
        #expect(try await store.logOut(user: "never-seen", reason: "password changed") == 0)
        try await store.close()
    }

    @Test func `what cannot be stored is refused, and nothing is written`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let unstorable: [@Sendable (inout LoginRequest) -> Void] = [
            { $0.attributes = #"{"a":""# + String(repeating: "x", count: 1 << 20) + #""}"# }, { $0.attributes = "{" },
            { $0.attributes = "[]" }, { $0.attributes = #"{"a":1,"a":2}"# }, { $0.address = "nowhere" },
            { $0.user = String(repeating: "u", count: 10_240) }, { $0.user = "al\u{7}ice" }, { $0.scope = ["a b"] },
        ]
        for change in unstorable {
            var request = LoginRequest(user: "alice")
            change(&request)
            let asked = request
            await #expect { try await store.logIn(asked) } throws: { ($0 as? Failure)?.kind == .malformed }
        }
        #expect(try test.count("session") == 0)
        #expect(try test.count("user") == 0)
        try await store.close()
    }

    @Test func `regenerating gives a cookie in place of the old`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let old = try await store.logIn(LoginRequest(user: "alice"))
        let new = try #require(try await store.regenerateSession(old.sessionToken))
        #expect(new.cookie.contains(new.sessionToken) && new.session.loggedInAt == old.session.loggedInAt)
        #expect(try await store.checkSession(old.sessionToken) == .inactive(.ended))
        #expect(try await store.checkSession(new.sessionToken).session == new.session)
        try await store.close()
    }

    @Test func `serving the key set publishes what it shows`() async throws {
        let test = try TestStore()
        try test.set("jwks.file", "none")
        let store = try await opened(test)
        let (first, maxAge) = try await store.keySet()
        #expect(maxAge == .minutes(10))
        let events = try test.count("audit_event")
        #expect(try await store.keySet().json == first)
        #expect(try test.count("audit_event") == events)
        try test.run(KeyGeneration(.es256, kid: nil, reason: nil))
        #expect(try await store.keySet().json != first)
        let keys = try test.read { try $0.signingSchedule().keys }
        #expect(keys.allSatisfy { $0.publishedAt != nil })
        try await store.close()
    }

    @Test func `many tasks at once lose nothing, and each gets its own`() async throws {
        let test = try TestStore()
        let store = try await opened(test)
        let logins = try await withThrowingTaskGroup(of: LoginResult.self) { group in
            for number in 0..<64 {
                group.addTask {
                    var request = LoginRequest(user: "user\(number % 8)")
                    request.withTokens = true
                    return try await store.logIn(request)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(logins.map(\.session.id)).count == 64)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for login in logins {
                group.addTask {
                    let tokens = try #require(login.tokens)
                    #expect(try await store.checkSession(login.sessionToken).session?.id == login.session.id)
                    // Two tabs at once: both get the same successor, and nobody is logged out.
                    async let one = store.refresh(tokens.refreshToken)
                    async let two = store.refresh(tokens.refreshToken)
                    let pairs = try await [pair(one), pair(two)]
                    #expect(pairs[0] != nil && pairs[0]?.refreshToken == pairs[1]?.refreshToken)
                    #expect(
                        claims(try await store.verify(try #require(pairs[0]).accessToken))?.session == login.session.id)
                }
            }
            try await group.waitForAll()
        }
        try await store.close()
        await #expect(throws: Failure.self) { try await store.checkSession(logins[0].sessionToken) }
    }

    @Test func `a login in the second of a logout waits for the next without blocking the others`() async throws {
        let test = try TestStore()
        // The wait is a task's, of real time; the test's clock follows it.
        let start = ContinuousClock.now
        let base = test.now
        let clock = Clock(
            now: { base + .milliseconds((ContinuousClock.now - start).milliseconds) },
            sleep: { _ in Issue.record("a thread waits") })
        let store = try await opened(test) { $0.clock = clock }
        try await store.logOut(user: "alice", reason: "password changed")
        var request = LoginRequest(user: "alice")
        request.withTokens = true
        let login = try await store.logIn(request)
        #expect(claims(try await store.verify(try #require(login.tokens).accessToken)) != nil)
        try await store.close()
    }

    @Test func `no more wait than may, and what was cancelled before its turn never ran`() async throws {
        let test = try TestStore()
        let store = try await opened(test) { $0.maxWaiting = 1 }
        let failures = await withTaskGroup(of: Failure.Kind?.self) { group in
            for number in 0..<32 {
                group.addTask {
                    do {
                        _ = try await store.logIn(LoginRequest(user: "user\(number)"))
                        return nil
                    } catch {
                        return (error as? Failure)?.kind
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let made = failures.count { $0 == nil }
        #expect(made >= 1 && failures.allSatisfy { $0 == nil || $0 == .busy })
        #expect(try test.count("session") == made)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.logIn(LoginRequest(user: "late"))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try test.count("session") == made)
        try await store.close()
    }

    @Test func `a store that cannot be opened says why`() async throws {
        let test = try TestStore()
        for (path, kind) in [
            (test.folder + "/absent.db", Failure.Kind.absent), (test.folder + "/master.key", .malformed),
        ] {
            await #expect { try await TokenStore.open(at: path, masterKeyFile: test.folder + "/master.key") } throws: {
                ($0 as? Failure)?.kind == kind
            }
        }
        // The master key is asked for when something is signed, and not before.
        let store = try await TokenStore.open(at: test.path, masterKeyFile: test.folder + "/absent.key")
        _ = try await store.checkSession("tks_")
        var request = LoginRequest(user: "alice")
        request.withTokens = true
        let asked = request
        await #expect { try await store.logIn(asked) } throws: { ($0 as? Failure)?.kind == .notPermitted }
        try await store.close()
    }
}
