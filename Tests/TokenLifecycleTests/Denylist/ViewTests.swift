import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// The views of docs/integration.md say what the operations say.
@Suite struct ViewTests {
    private func live(_ test: TestStore) throws -> Set<Int64> {
        try test.read { Set(try $0.sql.integers("SELECT id FROM live_session")) }
    }

    /// What the page has other programs ask.
    private func isDenied(_ test: TestStore, _ token: String) throws -> Bool {
        let jws = try CompactJWS(parsing: token)
        let claims = try JWTClaims(payload: jws.payload)
        let found: Int64? = try test.read {
            try $0.sql.value(
                """
                SELECT 1 FROM denied
                WHERE (scope = 'everyone' OR scope = 'key' AND value = \(jws.kid)
                       OR scope = 'client' AND value = \(claims.clientID) OR scope = 'user' AND value = \(claims.sub)
                       OR scope = 'session' AND value = \(claims.sid) OR scope = 'token' AND value = \(claims.jti))
                  AND (issued_until IS NULL OR \(claims.iat) <= issued_until)
                LIMIT 1
                """)
        }
        return found != nil
    }

    /// Logins, logouts, floors, deadlines and rules at random; the clock of the views is the store's last write, as the tests' time
    /// is long past.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `they agree with the program`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        // Later than any clock of the machine, so that the last write is the time.
        let test = try TestStore(at: Instant(seconds: 4_102_444_800))
        var logins: [LoggedIn] = []
        for _ in 0..<60 {
            test.advance(.seconds(Int64.random(in: 1...600, using: &random)))
            let user = ["alice", "bob", "carol"].randomElement(using: &random) ?? ""
            let client = ["web", "ios"].randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<12, using: &random) {
            case 0: try test.run(UserLogout([user], includesUnseen: true, reason: nil))
            case 1:
                if logins.contains(where: { $0.session.client == client }) {
                    try test.run(FloorLogout(.clients([client]), reason: nil))
                }
            case 2: if random.next().isMultiple(of: 3) { try test.run(FloorLogout(.everyone, reason: nil)) }
            case 3: try test.run(DenylistAddition(.user(user), reason: nil))
            case 4:
                guard let one = logins.randomElement(using: &random) else { continue }
                try test.run(SessionRevocation(.ids([one.session.id.text]), reason: nil))
            case 5: try test.set("session.idle", ["30m", "2h"].randomElement(using: &random) ?? "")
            default:
                logins.append(
                    random.next().isMultiple(of: 2)
                        ? try test.logIn(user, client: client) : try test.logInWithTokens(user, client: client))
            }
            // The last write, as another program would see it.
            try test.store.write(as: test.actor) { _ = try $0.execute("UPDATE store SET epoch = epoch WHERE id = 1") }
            let now = try test.read { $0.facts.lastWriteAt }
            #expect(try test.read { try $0.sql.value("SELECT now FROM store_now") as Int64? } == now.milliseconds)
            let alive = try logins.filter { login in
                try test.read { try $0.session(named: login.session.id.text).isAlive(at: now) }
            }
            #expect(try live(test) == Set(alive.map(\.session.id.row)), "seed \(seed)")
            for login in logins {
                guard let token = login.access?.text else { continue }
                let verdict = try test.verify(token, at: now)
                guard verdict != .inactive(.expired) else { continue }
                #expect(try isDenied(test, token) == (verdict != .active), "seed \(seed): \(verdict)")
            }
        }
    }

    @Test func `a session and a denial are found by index`() throws {
        let test = try TestStore()
        func plan(_ sql: SQL) throws -> [String] { try test.read { try $0.sql.queryPlan(sql) } }
        for sql in [
            "SELECT * FROM live_session WHERE id = 1", "SELECT * FROM live_session WHERE user = 'alice'",
        ] as [SQL] {
            let steps = try plan(sql)
            #expect(steps.allSatisfy { !$0.contains("SCAN s") }, "\(steps)")
        }
        let denial = try plan(
            "SELECT 1 FROM denied WHERE scope = 'user' AND value = 'a' OR scope = 'token' AND value = 'b'")
        #expect(denial.contains { $0.contains("SEARCH deny_rule USING INDEX") })
        #expect(!denial.contains { $0.contains("SCAN deny_rule") })
    }

    @Test func `a floor denies by the view where its rule was lifted`() throws {
        let test = try TestStore(at: Instant(seconds: 4_102_444_800))
        let login = try test.logInWithTokens(client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        try test.run(DenylistRemoval(["1"], reason: nil))
        #expect(try isDenied(test, login.access?.text ?? ""))
    }
}
