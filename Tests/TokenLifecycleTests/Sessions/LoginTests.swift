import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct LoginTests {
    @Test func `a login keeps what it was told, and gives its secret this once`() throws {
        let test = try TestStore()
        var login = Login(user: "alice", client: "web")
        login.ip = try IPAddress("192.0.2.7")
        login.userAgent = "Mozilla/5.0 \u{1B}[31m"
        login.device = "iPhone 15"
        login.data = ["roles": ["admin"], "n": 1]
        let result = try test.store.logIn(login, as: test.actor)
        let session = try test.session(result)
        #expect(session.user == "alice" && session.client == "web" && session.device == "iPhone 15")
        #expect(session.ip == login.ip && session.userAgent == login.userAgent)
        #expect(session.data == #"{"roles":["admin"],"n":1}"#)
        #expect(result.access == nil && result.refreshToken == nil)
        let inspection = try test.read { try $0.inspect(Array(result.sessionToken.utf8)) }
        #expect(inspection.verification.verdict == .active)
        #expect(inspection.session?.id == session.id)
    }

    @Test func `a login that names no client is at the standard one`() throws {
        let test = try TestStore()
        #expect(try test.logIn().session.client == "default")
        try test.set("token.default_client", "web")
        #expect(try test.logIn().session.client == "web")
    }

    private static let unstorable: [@Sendable (inout Login) -> Void] = [
        { $0.user = "" }, { $0.user = " alice" }, { $0.user = "alice " }, { $0.user = "al\u{0}ice" },
        { $0.user = "al\nice" }, { $0.user = "al\u{2028}ice" }, { $0.user = String(repeating: "é", count: 128) },
        { $0.client = "" }, { $0.client = "a\tb" }, { $0.device = String(repeating: "d", count: 129) },
        { $0.device = "" }, { $0.userAgent = String(repeating: "u", count: 1025) }, { $0.userAgent = "a\u{0}b" },
        { $0.data = ["a", "b"] }, { $0.data = "text" },
        { $0.data = ["k": .string(String(repeating: "v", count: 4097 - 8))] }, { $0.scope = ["two words"] },
        { $0.scope = [""] }, { $0.scope = ["é"] }, { $0.scope = Array(repeating: "s", count: 65) },
    ]

    @Test(arguments: unstorable.indices)
    func `what cannot be stored is refused, and nothing is written`(_ number: Int) throws {
        let test = try TestStore(nil)
        let before = try test.read { $0.facts.lastWriteAt }
        var login = Login(user: "alice")
        Self.unstorable[number](&login)
        #expect(try failure { _ = try test.store.logIn(login, as: test.actor) } == .malformed)
        #expect(try test.count("session") == 0)
        #expect(try test.count("user") == 0)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
    }

    @Test func `the longest names and attributes that are allowed are kept`() throws {
        let test = try TestStore()
        var login = Login(user: String(repeating: "a", count: 255), client: String(repeating: "c", count: 255))
        login.device = String(repeating: "d", count: 128)
        login.userAgent = String(repeating: "u", count: 1024)
        login.data = ["k": .string(String(repeating: "v", count: 4096 - 8))]
        let session = try test.session(try test.store.logIn(login, as: test.actor))
        #expect(session.user.count == 255 && session.device?.count == 128 && session.userAgent?.count == 1024)
        #expect(session.data?.utf8.count == 4096)
    }

    @Test func `beyond the limit the oldest live session ends, and its tokens with it`() throws {
        let test = try TestStore()
        try test.set("session.limit", "2")
        let first = try test.logInWithTokens()
        let second = try test.logInWithTokens()
        try test.logIn("bob")
        test.advance(.seconds(5))
        let third = try test.logIn()
        #expect(third.ended == [first.session.id])
        #expect(try test.state(first) == .ended)
        #expect(try test.session(first).end?.reason == "limit")
        #expect(try test.state(second) == .active)
        #expect(try test.verify(first.access?.text) == .inactive(.deniedSession))
        #expect(try test.refresh(first.refreshToken).refusal == .ended)
        #expect(try test.auditVerbs.last == "session.limit")
    }

    @Test func `sessions that died of themselves do not count towards the limit`() throws {
        let test = try TestStore()
        try test.set("session.limit", "1")
        let old = try test.logIn()
        test.advance(.hours(2))
        #expect(try test.logIn().ended.isEmpty)
        #expect(try test.state(old) == .idleExpired)
    }

    @Test func `whether one counts towards the limit is decided to the millisecond`() throws {
        for (before, counts) in [(Duration.ms, true), (.zero, false)] {
            let test = try TestStore(nil)
            try test.set("session.limit", "1")
            let old = try test.logIn()
            test.clock.now = old.session.aliveUntil - before
            #expect(try test.logIn().ended == (counts ? [old.session.id] : []))
        }
    }

    @Test func `logins up to the limit end nothing`() throws {
        let test = try TestStore(nil)
        try test.set("session.limit", "3")
        for _ in 1...3 { #expect(try test.logIn().ended.isEmpty) }
        #expect(try test.logIn().ended.count == 1)
    }

    @Test func `the limit may refuse instead, and then nothing happens`() throws {
        let test = try TestStore()
        try test.set("session.limit", "1")
        try test.set("session.limit.action", "refuse")
        let first = try test.logIn()
        let events = try test.count("audit_event")
        #expect(try failure { try test.logIn() } == .refused)
        #expect(try test.state(first) == .active)
        #expect(try test.count("session") == 1)
        #expect(try test.count("audit_event") == events)
    }

    @Test func `a lowered limit ends as many as it takes`() throws {
        let test = try TestStore()
        let logins = try (0..<4).map { _ in try test.logIn() }
        try test.set("session.limit", "2")
        #expect(try test.logIn().ended == logins.prefix(3).map(\.session.id))
        #expect(try test.state(logins[3]) == .active)
    }
}
