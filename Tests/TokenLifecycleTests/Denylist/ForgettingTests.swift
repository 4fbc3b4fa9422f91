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
                let longest = try test.read { $0.policies.accessTTLMax }.milliseconds / 1000
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
}
