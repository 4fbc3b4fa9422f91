import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// The denylist stays small because rules leave; none may leave a token behind that it was there for.
@Suite struct ForgettingTests {
    @Test func `a rule goes when the last token it matches and the skew are over`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        try test.run(UserLogout(["alice"], reason: nil))
        let expiry = try #require(login.access?.expiry)
        test.clock.now = expiry + .minutes(1)
        #expect(try test.cleanUp().rules == 0)
        test.clock.now = expiry + .minutes(1) + .ms
        #expect(try test.cleanUp().rules == 1)
        #expect(try test.verify(login.access?.text) == .inactive(.expired))
    }

    @Test func `a key's rule never goes`() throws {
        let test = try TestStore()
        try test.revokeKey(try #require(try test.signer), replacing: true)
        for _ in 0..<5 {
            test.advance(.days(29))
            try test.cleanUp()
        }
        #expect(try test.count("deny_rule WHERE scope = 'key'") == 1)
    }

    @Test func `a rule from before an import outlives the imported tokens`() throws {
        let test = try TestStore()
        try test.logIn("alice")
        try test.run(UserLogout(["alice"], reason: nil))
        let shop = try ForeignApp(.hs256)
        let until = test.now + .days(20)
        try shop.importKey(into: test, until: until)
        let old = try shop.token(["sub": "alice", "iat": .integer(Instant.t0.seconds - 100)])
        #expect(try test.verify(old) == .inactive(.deniedUser))
        test.advance(.days(10))
        #expect(try test.cleanUp().rules == 0)
        #expect(try test.verify(old) == .inactive(.deniedUser))
        test.clock.now = until + .minutes(2)
        #expect(try test.cleanUp().rules == 1)
        #expect(try test.verify(old) == .inactive(.unknownKey))
    }

    private struct Issued {
        var user: String
        var client: String
        var text: String
        var id: String
        var expiry: Instant
    }

    /// Random lifetimes, policy changes, logouts and imports: what was denied once never verifies again.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no denied token ever verifies again`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let test = try TestStore()
        try test.set("session.idle", "365d")
        try test.set("session.absolute", "365d")
        var denied: [String] = []
        var live: [Issued] = []
        var forgotten = 0
        for _ in 0..<120 {
            test.advance(.seconds(Int64.random(in: 1...900, using: &random)))
            let user = ["alice", "bob", "carol"].randomElement(using: &random) ?? ""
            let client = ["web", "ios"].randomElement(using: &random) ?? ""
            func deny(_ matches: (Issued) -> Bool) {
                denied += live.filter(matches).map(\.text)
                live.removeAll(where: matches)
            }
            switch Int.random(in: 0..<16, using: &random) {
            case 0:
                try test.run(DenylistAddition(.user(user), reason: nil))
                deny { $0.user == user }
            case 1:
                try test.run(DenylistAddition(.client(client), reason: nil))
                deny { $0.client == client }
            case 2:
                try test.run(DenylistAddition(.everyone, reason: nil))
                deny { _ in true }
            case 3:
                guard let one = live.randomElement(using: &random) else { continue }
                try test.run(DenylistAddition(.tokenIDs([one.id]), reason: nil))
                deny { $0.id == one.id }
            case 4: try test.set("access.ttl.max", ["1h", "6h", "24h"].randomElement(using: &random) ?? "")
            case 5: try test.set("clock.skew", ["0s", "60s", "5m"].randomElement(using: &random) ?? "")
            case 6: try test.rotate()
            case 7...9:
                if random.next().isMultiple(of: 3) { test.advance(.hours(25)) }
                forgotten += try test.cleanUp().rules
            default:
                var request = AccessTokenRequest(user: user)
                request.client = client
                let longest = try test.read { try $0.policies.accessTTLMax }.milliseconds / 1000
                request.lifetime = .seconds(Int64.random(in: 60...longest, using: &random))
                let token = try test.store.issue(request, as: test.actor)
                live.append(Issued(user: user, client: client, text: token.text, id: token.id, expiry: token.expiry))
            }
            for token in denied { #expect(try test.verify(token) != .active, "seed \(seed)") }
            live.removeAll { $0.expiry <= test.now }
            for token in live { #expect(try test.verify(token.text) == .active, "seed \(seed)") }
        }
        #expect(denied.count > 5 && forgotten > 0, "seed \(seed)")
    }

    @Test func `a shorter lifetime frees no token of the longer one`() throws {
        let test = try TestStore()
        try test.set("access.ttl.max", "24h")
        try test.set("access.ttl", "24h")
        let login = try test.logInWithTokens()
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        try test.set("access.ttl", "1m")
        try test.set("access.ttl.max", "1m")
        try test.set("clock.skew", "0s")
        let expiry = try #require(login.access?.expiry)
        for instant in [Instant.t0 + .hours(1), expiry - .seconds(1), expiry] {
            test.clock.now = instant
            #expect(try test.cleanUp().rules == 0)
            #expect(try test.verify(login.access?.text) != .active)
            #expect(try test.count("deny_rule") == 2)
        }
        test.clock.now = expiry + .ms
        #expect(try test.cleanUp().rules == 2)
    }

    /// A token that was denied, and the rules that do it.
    private struct Denied {
        var text: String
        var issued: Int64
        var expiry: Instant
        var rules: [(DenyScope, String)]
    }

    /// Random lifetimes, policies and imports, by every act that writes rules: none of the rules is gone before the last token it
    /// matches, and the skew in force, are over.
    @Test(arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
    func `no rule leaves before the last token it matches`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let test = try TestStore()
        for policy in ["session.idle", "session.absolute", "refresh.idle", "refresh.ttl"] {
            try test.set(policy, "365d")
        }
        var live: [(login: LoggedIn, token: String, iat: Int64, expiry: Instant)] = []
        var denied: [Denied] = []
        var total = 0
        var forgotten = 0
        func pick<T>(_ values: [T]) -> T? { values.randomElement(using: &random) }
        func deny(_ rules: [(DenyScope, String)], where isMeant: (LoggedIn) -> Bool) {
            total += live.count { isMeant($0.login) }
            denied += live.filter { isMeant($0.login) }.map {
                Denied(text: $0.token, issued: $0.iat, expiry: $0.expiry, rules: rules)
            }
            live.removeAll { isMeant($0.login) }
        }
        for _ in 0..<140 {
            test.advance(.seconds(Int64.random(in: 1...1200, using: &random)))
            live.removeAll { $0.expiry <= test.now }
            let user = pick(["alice", "bob", "carol"]) ?? ""
            let client = pick(["web", "ios"]) ?? ""
            let isKnown = try test.clientIDs.contains(client)
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                try test.run(UserLogout([user], includesUnseen: true, reason: nil))
                deny([(.user, user)]) { $0.session.user == user }
            case 1 where isKnown:
                try test.run(FloorLogout(.clients([client]), reason: nil))
                deny([(.client, client)]) { $0.session.client == client }
            case 2 where random.next().isMultiple(of: 3):
                try test.run(FloorLogout(.everyone, reason: nil))
                deny([(.everyone, "")]) { _ in true }
            case 3, 4:
                guard let one = pick(live)?.login else { continue }
                let act = SessionRevocation(.ids([one.session.id.text]), reason: nil)
                try test.run(act)
                deny([(.session, one.session.id.text)]) { $0.session.id == one.session.id }
            case 5:
                guard let one = pick(live) else { continue }
                try test.run(DenylistAddition(.token(Array(one.token.utf8)), reason: nil))
                let jti = try test.claims(one.token)["jti"]?.stringValue ?? ""
                denied.append(Denied(text: one.token, issued: one.iat, expiry: one.expiry, rules: [(.token, jti)]))
                live.removeAll { $0.token == one.token }
            case 6, 7:
                // The longest is never shorter than the usual: they move together.
                let (usual, longest) = pick([("1m", "1h"), ("15m", "1h"), ("6h", "6h"), ("15m", "24h")]) ?? ("", "")
                try test.set("access.ttl", "10s")
                try test.set("access.ttl.max", longest)
                try test.set("access.ttl", usual)
            case 8: try test.set("clock.skew", pick(["0s", "60s", "5m"]) ?? "")
            case 9: try test.rotate()
            case 10 where random.next().isMultiple(of: 4):
                try ForeignApp(.es256).importKey(
                    into: test, until: test.now + .hours(Int64.random(in: 1...30, using: &random))
                ) {
                    $0.kid = nil
                    $0.answersWithoutKid = false
                }
            case 11...13:
                if random.next().isMultiple(of: 3) { test.advance(.hours(Int64.random(in: 1...25, using: &random))) }
                forgotten += try test.cleanUp().rules
                let skew = try test.read { try $0.policies.clockSkew }
                denied.removeAll { $0.expiry + skew < test.now }
            default:
                let login = try test.logInWithTokens(user, client: client)
                guard let token = login.access else { continue }
                let iat = try test.claims(token.text)["iat"]?.integerValue ?? 0
                live.append((login, token.text, iat, token.expiry))
            }
            for token in denied {
                #expect(try test.verify(token.text) != .active, "seed \(seed)")
                for (scope, value) in token.rules {
                    let rule = try test.read { try $0.denyRule(scope, value) }
                    #expect(rule?.matches(issuedAt: token.issued) == true, "seed \(seed): \(scope) \(value)")
                }
            }
            live.removeAll { $0.expiry <= test.now }
            for one in live { #expect(try test.verify(one.token) == .active, "seed \(seed)") }
        }
        #expect(total > 5 && forgotten > 0, "seed \(seed)")
    }
}
