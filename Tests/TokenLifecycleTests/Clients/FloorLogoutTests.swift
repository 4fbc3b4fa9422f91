import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct FloorLogoutTests {
    @Test func `a client is logged out by two rows, however many its sessions`() throws {
        let test = try TestStore()
        let web = try (0..<5).map { try test.logInWithTokens("u\($0)", client: "web") }
        let ios = try test.logInWithTokens("u0", client: "ios")
        try test.run(FloorLogout(.clients(["web"]), reason: "CHG-1"))
        for login in web {
            #expect(try test.state(login) == .loggedOut)
            #expect(try test.refresh(login.refreshToken).refusal == .loggedOut)
            #expect(try test.verify(login.access?.text) == .inactive(.deniedClient))
        }
        #expect(try test.count("session WHERE ended_at IS NOT NULL") == 0)
        #expect(try test.count("deny_rule") == 1)
        #expect(try test.state(ios) == .active)
        #expect(try test.verify(ios.access?.text) == .active)
        let next = try test.logInWithTokens("u1", client: "web")
        #expect(try test.state(next) == .active)
        #expect(try test.verify(next.access?.text) == .active)
    }

    @Test func `everyone is everyone`() throws {
        let test = try TestStore()
        let logins = try ["web", "ios"].map { try test.logInWithTokens("alice", client: $0) }
        let act = FloorLogout(.everyone, reason: nil)
        #expect(try test.preview(act).word == "everyone" && (try test.preview(act).count == 2))
        try test.run(act)
        for login in logins {
            #expect(try test.state(login) == .loggedOut)
            #expect(try test.verify(login.access?.text) == .inactive(.deniedEveryone))
        }
        #expect(try test.state(try test.logIn()) == .active)
    }

    @Test func `lifting the rule does not lift the floor`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        let rule = try #require(try test.read { try $0.denyRule(.client, "web") })
        let lifted = try test.run(DenylistRemoval([String(rule.id)], reason: nil))
        #expect(lifted.lines[0].contains("nothing is accepted again"))
        #expect(try test.verify(login.access?.text) == .inactive(.deniedClient))
        #expect(try test.refresh(login.refreshToken).refusal == .loggedOut)
        #expect(try test.state(login) == .loggedOut)
    }

    @Test func `the floor stays when the rule is forgotten and its sessions are cleaned up`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        let floor = try test.read { try $0.client(named: "web").floor }
        test.advance(.days(2))
        let counts = try test.cleanUp()
        #expect(counts.rules == 1 && counts.ended == 1)
        #expect(try test.state(login) == .ended)
        let end = try #require(try test.session(login).end)
        #expect(end.at == floor && end.reason == "client_logout")
        #expect(try test.read { try $0.client(named: "web").floor } == floor)
        #expect(try test.refresh(login.refreshToken).refusal == .ended)
    }

    @Test(arguments: ["web", ""])
    func `a key imported later brings no token from before the floor`(_ client: String) throws {
        let test = try TestStore()
        try test.logIn(client: "web")
        try test.run(FloorLogout(client.isEmpty ? .everyone : .clients([client]), reason: nil))
        let floor = try test.read { try $0.floor(client.isEmpty ? .everyone : .client, client) }
        test.advance(.days(2))
        #expect(try test.cleanUp().rules == 1)
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30)) { $0.accepted.client = "web" }
        let second = try #require(floor).seconds
        let denied = Verdict.inactive(client.isEmpty ? .deniedEveryone : .deniedClient)
        for (iat, verdict) in [
            (.integer(second - 1), denied), (.integer(second), denied), (.null, denied),
            (.integer(second + 1), .active),
        ] as [(JSON, Verdict)] {
            let claims = JSON.object([.init("sub", "alice"), .init("iat", iat)].filter { $0.value != .null })
            #expect(try test.verify(try shop.token(claims)) == verdict)
        }
        let elsewhere = JSON.object([.init("sub", "a"), .init("client_id", "ios"), .init("iat", .integer(second))])
        #expect(try test.verify(try shop.token(elsewhere)) == (client.isEmpty ? denied : .active))
    }

    @Test func `a kept session is born again above the floor`() throws {
        let test = try TestStore()
        let kept = try test.logInWithTokens("alice", client: "web")
        let other = try test.logInWithTokens("bob", client: "web")
        let report = try test.run(FloorLogout(.clients(["web"]), keep: [kept.session.id.text], reason: nil))
        #expect(report.lines[0].contains("1 session ended"))
        #expect(try test.state(kept) == .active)
        #expect(try test.state(other) == .loggedOut)
        #expect(try test.verify(kept.access?.text) == .inactive(.deniedClient))
        #expect(try test.verify(try test.refresh(kept.refreshToken).pair.access.text) == .active)
        #expect(try test.session(kept).loginAt == kept.session.loginAt)
        // The next logout spares nobody who is not named again.
        try test.run(FloorLogout(.everyone, reason: nil))
        #expect(try test.state(kept) == .loggedOut)
    }

    @Test func `a guard is held against every session, not against the most that a preview counts`() throws {
        let test = try TestStore()
        let login = try test.logIn(client: "web")
        let copies = 11_004
        try test.tamper(
            """
            WITH RECURSIVE copy (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM copy WHERE n < \(copies))
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                                 absolute_expires_at, alive_until, secret_hash)
            SELECT user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                   absolute_expires_at, alive_until, secret_hash
            FROM session, copy WHERE session.id = \(login.session.id.row)
            """)
        func preview(_ atMost: Int?) throws -> (Int, Bool) {
            let preview = try test.preview(FloorLogout(.clients(["web"]), atMost: atMost, reason: nil))
            return (preview.count, preview.isCapped)
        }
        #expect(try preview(nil) == (10_000, true))
        #expect(try preview(9_999) == (10_000, true))
        for atMost in [10_000, 11_005, .max] { #expect(try preview(atMost) == (11_005, false)) }
    }

    @Test func `what cannot be kept or does not exist is refused whole`() throws {
        let test = try TestStore()
        let web = try test.logIn("alice", client: "web")
        let ios = try test.logIn("alice", client: "ios")
        let dead = try test.logIn("alice", client: "web")
        try test.run(SessionRevocation(.ids([dead.session.id.text]), reason: nil))
        for (kind, act) in [
            (.notFound, FloorLogout(.clients(["web", "nope"]), reason: nil)),
            (.usage, FloorLogout(.clients([]), reason: nil)),
            (.usage, FloorLogout(.clients(["web"]), keep: [ios.session.id.text], reason: nil)),
            (.refused, FloorLogout(.clients(["web"]), keep: [dead.session.id.text], reason: nil)),
            (.notFound, FloorLogout(.everyone, keep: ["ses_00000000"], reason: nil)),
        ] as [(Failure.Kind, FloorLogout)] {
            #expect(try failure { try test.run(act) } == kind)
        }
        #expect(try test.state(web) == .active)
        #expect(try test.read { try $0.clients().items.allSatisfy { $0.client.floor.milliseconds == 0 } })
    }

    @Test func `a name with a star means itself`() throws {
        let test = try TestStore()
        let star = try test.logIn("a", client: "w*")
        let web = try test.logIn("a", client: "web")
        #expect(try test.preview(FloorLogout(.clients(["w*"]), reason: nil)).count == 1)
        try test.run(FloorLogout(.clients(["w*", "w*"]), reason: nil))
        #expect(try test.state(star) == .loggedOut)
        #expect(try test.state(web) == .active)
    }

    @Test func `two floors at once still name each session's end once`() throws {
        let test = try TestStore()
        try test.set("session.idle", "30m")
        let login = try test.logIn("a", client: "web")
        test.advance(.minutes(10))
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        test.advance(.minutes(5))
        try test.run(FloorLogout(.everyone, reason: nil))
        #expect(try test.state(login) == .loggedOut)
        #expect(try test.cleanUp().ended == 1)
        #expect(try test.session(login).end?.reason == "everyone_logout")
    }
}
