import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct DenylistAdditionTests {
    @Test func `each scope denies exactly its own tokens`() throws {
        let test = try TestStore()
        let alice = try test.logInWithTokens("alice", client: "web")
        let alicesPhone = try test.logInWithTokens("alice", client: "ios")
        let bob = try test.logInWithTokens("bob", client: "web")
        let all = [alice, alicesPhone, bob].map { $0.access?.text }
        func denied() throws -> [Bool] { try all.map { try test.verify($0) != .active } }
        func lift() throws {
            let rules = try test.read { try $0.denyRules(limit: 100).items.map { String($0.id) } }
            try test.run(DenylistRemoval(rules, reason: nil))
        }
        try test.run(DenylistAddition(.tokenIDs([alice.access?.id ?? ""]), reason: nil))
        #expect(try denied() == [true, false, false])
        try lift()
        try test.run(DenylistAddition(.token(Array((bob.access?.text ?? "").utf8)), reason: nil))
        #expect(try denied() == [false, false, true])
        try lift()
        try test.run(DenylistAddition(.session(alicesPhone.session.id.text), reason: nil))
        #expect(try denied() == [false, true, false])
        try lift()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        #expect(try denied() == [true, true, false])
        try lift()
        try test.run(DenylistAddition(.client("web"), reason: nil))
        #expect(try denied() == [true, false, true])
        try lift()
        try test.run(DenylistAddition(.everyone, reason: nil))
        #expect(try denied() == [true, true, true])
        try lift()
        #expect(try denied() == [false, false, false])
    }

    @Test func `a cut-off matches its own second and not the next`() throws {
        let test = try TestStore()
        let cutOff = Instant.t0 + .hours(1) + .milliseconds(1)
        test.clock.now = .t0 + .hours(2)
        try test.run(DenylistAddition(.user("alice"), issuedBefore: cutOff, reason: nil))
        for (iat, verdict) in [
            (cutOff.seconds - 1, Verdict.inactive(.deniedUser)), (cutOff.seconds, .inactive(.deniedUser)),
            (cutOff.seconds + 1, .active),
        ] {
            let token = try test.sign(test.claims([.init("iat", .integer(iat))]))
            #expect(try test.verify(token) == verdict)
        }
        let bob = try test.sign(test.claims(for: "bob", [.init("iat", .integer(cutOff.seconds))]))
        #expect(try test.verify(bob) == .active)
    }

    @Test func `what is issued after the cut-off is good`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        let next = try test.refresh(login.refreshToken).pair
        #expect(try test.verify(login.access?.text) == .inactive(.deniedUser))
        #expect(try test.verify(next.access.text) == .active)
        #expect(try test.state(login) == .active)
    }

    @Test func `a live session denied keeps its next access token, a dead one nothing`() throws {
        let test = try TestStore()
        let live = try test.logInWithTokens()
        try test.run(DenylistAddition(.session(live.session.id.text), reason: nil))
        let next = try test.refresh(live.refreshToken).pair
        #expect(try test.verify(next.access.text) == .active)
        try test.run(SessionRevocation(.ids([live.session.id.text]), reason: nil))
        #expect(try test.verify(next.access.text) == .inactive(.deniedSession))
        #expect(try test.read { try $0.denyRule(.session, live.session.id.text)?.issuedBefore } == nil)
    }

    @Test func `adding again widens and never shortens`() throws {
        let test = try TestStore()
        test.clock.now = .t0 + .hours(2)
        func rule() throws -> DenyRule { try #require(try test.read { try $0.denyRule(.user, "alice") }) }
        try test.run(
            DenylistAddition(
                .user("alice"), issuedBefore: .t0 + .hours(1), expires: test.now + .days(3), reason: "first"))
        let first = try rule()
        let same = try test.run(
            DenylistAddition(.user("alice"), issuedBefore: .t0 + .minutes(30), expires: nil, reason: "narrower"))
        #expect(same.unchanged == 1)
        #expect(try rule().reason == "first" && (try rule().issuedBefore == first.issuedBefore))

        try test.run(DenylistAddition(.user("alice"), issuedBefore: .t0 + .hours(2), reason: "later"))
        let wider = try rule()
        #expect(wider.id == first.id && wider.issuedBefore == .t0 + .hours(2))
        #expect(wider.matchesUntil == first.matchesUntil && wider.reason == "later")
        #expect(try test.count("deny_rule") == 1)
    }

    @Test func `a rule for a token in hand ends with the token's own expiry`() throws {
        let test = try TestStore()
        let token = try test.sign(test.claims([.init("exp", .integer(test.now.seconds + 120))]))
        try test.run(DenylistAddition(.token(Array(token.utf8)), reason: nil))
        let rule = try #require(try test.read { try $0.denyRule(.token, "made-by-the-test") })
        #expect(rule.matchesUntil == Instant(seconds: test.now.seconds + 120))
    }

    @Test func `the claims of a token that nobody of ours signed are not believed`() throws {
        let test = try TestStore()
        let token = try test.sign(test.claims())
        let parts = token.split(separator: ".").map(String.init)
        let payload = try test.claims([.init("exp", 1), .init("jti", "somebody-else's")])
        let altered = [parts[0], Base64URL.encode(payload.serialized), parts[2]].joined(separator: ".")
        let foreign = try ForeignApp(.es256).token(test.claims(), kid: "never-seen", typ: "at+jwt")
        for text in [altered, foreign] {
            #expect(
                try failure { try test.run(DenylistAddition(.token(Array(text.utf8)), reason: nil)) } == .refused)
        }
        #expect(try test.count("deny_rule") == 0)
    }

    @Test func `a token of a key that is revoked by now is ours all the same`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let token = try test.sign(test.claims(), kid: kid)
        try test.revokeKey(kid, replacing: true)
        try test.run(DenylistAddition(.token(Array(token.utf8)), reason: nil))
        #expect(try test.read { try $0.denyRule(.token, "made-by-the-test") } != nil)
    }

    @Test func `without the master key an HS256 token is denied for as long as any may live`() throws {
        let test = try TestStore(.hs256)
        let login = try test.logInWithTokens()
        let own = try #require(login.access?.expiry)
        test.advance(.minutes(5))
        let last = try #require(try test.logInWithTokens().access?.expiry)
        let keyless = try Store.open(
            at: test.path, clock: test.clock.clock, masterKey: MasterKeySource(places: []))
        defer { try? keyless.close() }
        let token = Array((login.access?.text ?? "").utf8)
        try keyless.run(DenylistAddition(.token(token), reason: nil), as: test.actor)
        func end() throws -> Instant? {
            try test.read { try $0.denyRule(.token, login.access?.id ?? "")?.matchesUntil }
        }
        #expect(try end() == last && last > own)
        try test.tamper("DELETE FROM deny_rule")
        try test.run(DenylistAddition(.token(token), reason: nil))
        #expect(try end() == own)
    }

    @Test(arguments: [" trailing ", "tab\there", String(repeating: "x", count: 300)])
    func `a subject that only another application would choose can be denied`(_ user: String) throws {
        let test = try TestStore()
        let app = try ForeignApp(.es256)
        try app.importKey(into: test, until: test.now + .days(30))
        let token = try app.token(["sub": .string(user), "iat": .integer(test.now.seconds)])
        #expect(try test.verify(token) == .active)
        try test.run(DenylistAddition(.user(user), reason: nil))
        #expect(try test.verify(token) == .inactive(.deniedUser))
        try test.tamper("DELETE FROM deny_rule")
        try test.run(UserLogout([user], includesUnseen: true, reason: nil))
        #expect(try test.verify(token) == .inactive(.deniedUser))
    }

    @Test func `what is kept at least until a time is never kept shorter`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let expires = test.now + .minutes(1)
        let id = login.access?.id ?? ""
        try test.run(DenylistAddition(.tokenIDs([id]), expires: expires, reason: nil))
        #expect(try test.read { try $0.denyRule(.token, id)?.matchesUntil } == login.access?.expiry)
    }

    @Test func `what cannot be named or makes no sense is refused`() throws {
        let test = try TestStore()
        let bare = try test.sign(test.claims([.init("jti", .null)]))
        let now = test.now
        for (kind, act) in [
            (.refused, DenylistAddition(.token(Array(bare.utf8)), reason: nil)),
            (.malformed, DenylistAddition(.token(Array("hello".utf8)), reason: nil)),
            (.notFound, DenylistAddition(.session("ses_00000000"), reason: nil)),
            (.notFound, DenylistAddition(.key("no-such-key"), reason: nil)),
            (.malformed, DenylistAddition(.user(""), reason: nil)),
            (.malformed, DenylistAddition(.tokenIDs(["a\u{0}b"]), reason: nil)),
            (.usage, DenylistAddition(.user("a"), issuedBefore: now + .hours(1), reason: nil)),
            (.usage, DenylistAddition(.user("a"), expires: now - .hours(1), reason: nil)),
        ] as [(Failure.Kind, DenylistAddition)] {
            #expect(try failure { try test.run(act) } == kind)
        }
        #expect(try test.count("deny_rule") == 0)
    }

    @Test func `keys that sign or will sign cannot be denied, only revoked`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        #expect(try failure { try test.run(DenylistAddition(.key(first), reason: nil)) } == .refused)
        let standby = try #require(try test.standbys.first)
        #expect(try failure { try test.run(DenylistAddition(.key(standby), reason: nil)) } == .refused)
        let login = try test.logInWithTokens()
        test.waitUntilKeysAreKnown()
        try test.rotate()
        try test.run(DenylistAddition(.key(first), reason: nil))
        #expect(try test.verify(login.access?.text) == .inactive(.deniedKey))
        #expect(try test.read { try $0.denyRule(.key, first)?.matchesUntil } == nil)
    }

    @Test func `a token may be checked against the rules whoever signed it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web")
        let token = Array((login.access?.text ?? "").utf8)
        #expect(try test.read { try $0.rules(matching: token) }.isEmpty)
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        try test.run(DenylistAddition(.client("web"), reason: nil))
        #expect(try test.read { try $0.rules(matching: token) }.map(\.scope) == [.client, .user])
    }

    @Test func `lifting a rule is audited, and unknown rules change nothing`() throws {
        let test = try TestStore()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        let id = try #require(try test.read { try $0.denyRule(.user, "alice") }).id
        #expect(try failure { try test.run(DenylistRemoval([String(id), "999"], reason: nil)) } == .notFound)
        #expect(try failure { try test.run(DenylistRemoval(["x"], reason: nil)) } == .notFound)
        #expect(try test.count("deny_rule") == 1)
        let report = try test.run(DenylistRemoval([String(id), String(id)], reason: "mistake"))
        #expect(report.changed == 1)
        #expect(try test.auditVerbs.last == "denylist.remove")
        #expect(try test.count("deny_rule") == 0)
    }
}
