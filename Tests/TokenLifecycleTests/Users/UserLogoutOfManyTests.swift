import Testing
import TokenStorage
import TokenJOSE

@testable import TokenLifecycle

@Suite struct UserLogoutOfManyTests {
    @Test func `every login of the user ends, whatever the client, and nobody else's`() throws {
        let test = try TestStore()
        let alice = try [
            test.logInWithTokens(), test.logInWithTokens(client: "web"), test.logInWithTokens(client: "ios"),
        ]
        let bob = try test.logInWithTokens("bob")
        let report = try test.run(UserLogout(["alice"], reason: "INC-1"))
        #expect(report.lines.first?.hasPrefix("alice: 3 sessions ended") == true)
        for login in alice {
            #expect(try test.state(login) == .ended)
            #expect(try test.session(login).end?.reason == "logout")
            #expect(try test.verify(login.access?.text) == .inactive(.deniedUser))
            #expect(try test.refresh(login.refreshToken).refusal == .ended)
        }
        #expect(try test.state(bob) == .active)
        #expect(try test.verify(bob.access?.text) == .active)
        #expect(try test.count("deny_rule") == 1)
    }

    @Test func `what had died before keeps the end it had`() throws {
        let test = try TestStore()
        let idle = try test.logIn()
        let floored = try test.logIn(client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: "INC-1"))
        test.advance(.minutes(61))
        let live = try test.logIn()
        #expect(try test.preview(UserLogout(["alice"], reason: nil)).count == 1)
        try test.run(UserLogout(["alice"], reason: nil))
        #expect(try test.state(idle) == .idleExpired)
        #expect(try test.state(floored) == .loggedOut)
        #expect(try test.state(live) == .ended)
    }

    @Test func `a kept session lives on, its access token does not, and its next refresh gives one that does`() throws {
        let test = try TestStore()
        let (kept, other) = try (test.logInWithTokens(), test.logInWithTokens())
        let report = try test.run(UserLogout(["alice"], keep: [kept.session.id.text], reason: "INC-1"))
        #expect(report.details.first?.value.integerValue == 1)
        #expect(try test.state(kept) == .active)
        #expect(try test.state(other) == .ended)
        #expect(try test.verify(kept.access?.text) == .inactive(.deniedUser))
        let pair = try test.refresh(kept.refreshToken).pair
        #expect(try test.verify(pair.access.text, online: true) == .active)
    }

    @Test func `what cannot be kept stops the act`() throws {
        let test = try TestStore()
        let (alice, bob) = try (test.logIn(), test.logIn("bob"))
        #expect(try failure { try test.run(UserLogout(["alice"], keep: [bob.session.id.text], reason: nil)) } == .usage)
        try test.run(SessionRevocation(.ids([alice.session.id.text]), reason: nil))
        let live = try test.logIn()
        #expect(
            try failure { try test.run(UserLogout(["alice"], keep: [alice.session.id.text], reason: nil)) } == .refused)
        #expect(try test.state(live) == .active)
    }

    @Test func `a preview of thousands counts by client and shows ten`() throws {
        let test = try TestStore(nil)
        for number in 0..<30 { try test.logIn(client: number % 3 == 0 ? "web" : "ios") }
        let preview = try test.preview(UserLogout(["alice", "alice"], reason: nil))
        #expect(preview.count == 30 && preview.tier == .three && preview.rows.count == 10)
        #expect(preview.byClient.map(\.name) == ["ios", "web"] && preview.byClient.map(\.count) == [20, 10])
        #expect(preview.byUser.map(\.count) == [30])
        #expect(try test.run(UserLogout(["alice"], reason: nil)).details.first?.value.integerValue == 30)
    }

    @Test func `one statement ends them, found by the entries of a user's sessions`() throws {
        let test = try TestStore(nil)
        for _ in 0..<3 { try test.logIn() }
        let plans = try test.plans { store in
            let act = UserLogout(["alice"], reason: nil)
            _ = try act.apply(try act.decide(store), store)
        }
        let updates = plans.filter { $0.sql.hasPrefix("UPDATE session") }
        #expect(Set(updates.map(\.sql)).count == 1)
        #expect(updates.contains { $0.step.hasPrefix("SEARCH session_by_user USING PRIMARY KEY (user_id=?") })
        #expect(!updates.contains { $0.step == "SCAN s" })
    }
}
