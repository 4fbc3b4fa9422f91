import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

/// What runs at every login, request, refresh and cleanup finds its rows by an index, in a store of any size.
@Suite struct QueryPlanTests {
    /// Tables that stay small whatever the number of logins: scanning them is no cost.
    private static let small = [
        "signing_key", "signing_schedule", "policy", "client", "k", "turn", "c", "cleanup_run",
        "publication",
        // A row for 64 logins, none once they are gone.
        "session_span",
    ]

    private func expectIndexed(_ plans: [(step: String, sql: String)], atLeast count: Int = 1) {
        #expect(plans.count >= count)
        for (step, sql) in plans {
            let words = step.split(separator: " ").map(String.init)
            // Walks the primary key from its end, and stops at the first row.
            let isLast = sql.hasSuffix("ORDER BY seq DESC LIMIT 1")
            let scanned = words.first == "SCAN" && !isLast ? words.dropFirst().first : nil
            let scans = scanned.map { $0 != "CONSTANT" && !Self.small.contains($0) } ?? false
            #expect(!scans, "\(step)\nin \(sql)")
            #expect(!step.contains("TEMP B-TREE"), "\(step)\nin \(sql)")
            #expect(!step.contains("AUTOMATIC"), "\(step)\nin \(sql)")
        }
    }

    @Test func `looking one thing up`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        expectIndexed(
            try test.plans { store in
                let session = try store.session(named: login.session.id.text)
                _ = try store.families(of: session)
                _ = try store.family(row: 1)
                _ = try store.liveSessions(ofUser: "alice")
                _ = try store.life(ofUser: "alice")
                _ = try store.userRow(knownAs: "alice")
                _ = try store.client(named: "default")
                _ = try store.denyRule(.user, "alice")
                _ = try store.auditHead()
            }, atLeast: 8)
    }

    @Test func `asking at a glance whether anything is wrong`() throws {
        let test = try TestStore()
        try test.logIn("alice")
        // More than those it looks at.
        for user in 0..<30 { try test.run(DenylistAddition(.user("u\(user)"), reason: nil)) }
        expectIndexed(
            try test.plans { store in
                let reader = StoreReader(
                    sql: store.sql, now: store.now, facts: store.facts, policies: store.policies, ids: store.ids,
                    keyring: store.keyring)
                for check in HealthCheck.all where check.depth == .instant {
                    guard case .store(let look) = check.subject else { continue }
                    _ = try look(Examination(store: reader, clock: test.now))
                }
            }, atLeast: 8)
    }

    @Test func `logging in, within a limit`() throws {
        let test = try TestStore()
        try test.set("session.limit", "1")
        _ = try test.logInWithTokens()
        test.advance(.seconds(2))
        var login = Login(user: "alice")
        login.withTokens = true
        let session = try Entropy.secret(32)
        let refresh = try Entropy.secret(32)
        expectIndexed(try test.plans { store in _ = try store.logIn(login, session, refresh) }, atLeast: 10)
        #expect(try test.count("session WHERE ended_at IS NOT NULL") == 1)
    }

    @Test func `refreshing, and a replay`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let request = RefreshRequest(token: Array((login.refreshToken ?? "").utf8))
        let token = try OpaqueToken(request.token)
        let next = try Entropy.secret(32)
        expectIndexed(try test.plans { store in _ = try store.refresh(request, token, next) }, atLeast: 8)
        test.advance(.minutes(1))
        expectIndexed(try test.plans { store in _ = try store.refresh(request, token, next) }, atLeast: 5)
        #expect(try test.state(login) == .ended)
    }

    @Test func `verifying`() throws {
        let test = try TestStore()
        let token = Array((try test.logInWithTokens().access?.text ?? "").utf8)
        var online = Expectations()
        online.online = true
        expectIndexed(try test.plans { store in _ = try store.verify(token, online) }, atLeast: 8)
    }

    @Test func `logging one user, a client and everyone out`() throws {
        let test = try TestStore()
        for _ in 0..<3 { _ = try test.logInWithTokens() }
        func apply(_ act: some Act) throws {
            expectIndexed(try test.plans { store in _ = try act.apply(try act.decide(store), store) }, atLeast: 4)
        }
        try apply(UserLogout(["alice"], reason: nil))
        let login = try test.logIn("bob")
        try apply(SessionRevocation(.ids([login.session.id.text]), reason: nil))
        try apply(DenylistAddition(.user("carol"), reason: nil))
    }

    @Test func `a batch of each kind of cleanup`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "kiosk")
        _ = try test.refresh(login.refreshToken).pair
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.days(2))
        expectIndexed(
            try test.plans { store in
                for client in try store.flooredClients() {
                    _ = try store.flooredSessions(client, 1...100)
                    _ = try store.endFloored([1], client)
                }
                _ = try store.dueSessions(store.now, 1...100)
                _ = try store.wholeLogins([1, 2], atMost: 1, atLeast: 1)
                _ = try store.removeSessions([1, 2], store.now)
                _ = try store.removeSessions([1, 1000], store.now)
                _ = try store.removeSpans(store.now, 100)
                _ = try store.removeFamilies(store.now, 100)
                _ = try store.wipeSuccessors(store.now, 100)
                _ = try store.removeRules(store.now, 100)
            }, atLeast: 12)
    }

    @Test func `planning a cleanup`() throws {
        let test = try TestStore()
        _ = try test.logInWithTokens(client: "kiosk")
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.days(2))
        expectIndexed(
            try test.plans { store in
                _ = try store.countSessionsOver(store.now)
                _ = try store.countFamiliesDue(store.now, ended: true, ofDueSessions: true)
                _ = try store.countSuccessorsDue(store.now, ofDueSessions: true)
                _ = try store.countRulesDue()
                _ = try store.surveyFloored(store.now)
            }, atLeast: 6)
    }
}
