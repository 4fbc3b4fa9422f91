import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct UserLogoutTests {
    @Test func `every login of the user ends, and nobody else's`() throws {
        let test = try TestStore()
        let alice = try [
            test.logIn("alice"), test.logInWithTokens("alice"), test.logInWithTokens("alice", client: "ios"),
        ]
        let bob = try test.logInWithTokens("bob")
        let report = try test.run(UserLogout(["alice"], reason: "INC-1"))
        #expect(report.items == [.init("alice", .ended)])
        #expect(report.stillValidUntil == bob.access?.expiry)
        for login in alice {
            #expect(try test.state(login) == .ended)
            #expect(try test.session(login).end?.reason == "logout")
        }
        #expect(try test.verify(alice[1].access?.text) == .inactive(.deniedUser))
        #expect(try test.refresh(alice[2].refreshToken).refusal == .ended)
        #expect(try test.state(bob) == .active)
        #expect(try test.verify(bob.access?.text) == .active)
        // One rule stands for all of the user's tokens.
        #expect(try test.count("deny_rule") == 1)
        #expect(try test.verify(try test.logInWithTokens("alice").access?.text) == .active)
    }

    @Test func `a kept session lives on and fetches a new access token`() throws {
        let test = try TestStore()
        let kept = try test.logInWithTokens("alice")
        let other = try test.logInWithTokens("alice")
        try test.run(UserLogout(["alice"], keep: [kept.session.id.text], reason: nil))
        #expect(try test.state(kept) == .active)
        #expect(try test.state(other) == .ended)
        #expect(try test.verify(kept.access?.text) == .inactive(.deniedUser))
        #expect(try test.verify(try test.refresh(kept.refreshToken).pair.access.text) == .active)
    }

    @Test func `a user never seen is denied only when said aloud`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(10))
        let token = try shop.token(["sub": "old-customer", "iat": .integer(test.now.seconds - 50)])
        #expect(try failure { try test.run(UserLogout(["old-customer"], reason: nil)) } == .notFound)
        #expect(try test.verify(token) == .active)
        let report = try test.run(UserLogout(["old-customer"], includesUnseen: true, reason: nil))
        #expect(report.items.map(\.outcome) == [.denied])
        #expect(try test.verify(token) == .inactive(.deniedUser))
    }

    @Test func `two spellings of one character are two users`() throws {
        let test = try TestStore()
        let composed = try test.logInWithTokens("caf\u{E9}")
        let decomposed = try test.logInWithTokens("cafe\u{301}")
        try test.run(UserLogout(["caf\u{E9}"], reason: nil))
        #expect(try test.state(composed) == .ended)
        #expect(try test.state(decomposed) == .active)
        #expect(try test.verify(decomposed.access?.text) == .active)
        test.advance(.seconds(5))
        #expect(try test.run(UserLogout(["caf\u{E9}", "cafe\u{301}"], reason: nil)).items.count == 2)
        #expect(try test.state(decomposed) == .ended)
    }

    @Test func `unknown users and strangers' sessions are refused whole`() throws {
        let test = try TestStore()
        let alice = try test.logIn("alice")
        let bob = try test.logIn("bob")
        #expect(try failure { try test.run(UserLogout(["alice", "nobody"], reason: nil)) } == .notFound)
        let keep = [bob.session.id.text]
        #expect(try failure { try test.run(UserLogout(["alice"], keep: keep, reason: nil)) } == .usage)
        #expect(try test.state(alice) == .active)
        #expect(try test.count("deny_rule") == 0)
    }

    @Test func `users are listed with what is alive`() throws {
        let test = try TestStore()
        for user in ["bob", "alice", "alice", "carol"] { try test.logIn(user) }
        try test.logIn("dave", client: "kiosk")
        try test.run(UserLogout(["carol"], reason: nil))
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        func listed(_ change: (inout UserFilter) -> Void = { _ in }) throws -> [User] {
            var filter = UserFilter()
            change(&filter)
            return try test.read { try $0.users(filter, limit: 10).items }
        }
        #expect(try listed().map(\.subject) == ["alice", "bob"])
        #expect(try listed().map(\.liveSessions) == [2, 1])
        #expect(try listed { $0.includesGone = true }.map(\.subject) == ["alice", "bob", "carol", "dave"])
        #expect(try listed { $0.names = ["a*"] }.map(\.subject) == ["alice"])
        #expect(try listed { $0.minimum = 2 }.map(\.subject) == ["alice"])
    }
}
