import Testing
import TokenStorage

@testable import TokenLifecycle

/// A list of the living leaves out spans in which nobody is alive: so a span must never say so while somebody is.
@Suite struct `Spans of the living` {
    private let test: TestStore

    init() throws {
        test = try TestStore(nil)
    }

    private func logIn(_ count: Int) throws -> [LoggedIn] { try (0..<count).map { try test.logIn("user\($0)") } }

    /// The numbers of the living as a walk through the spans finds them, from both ends and in pages of any size.
    private func found(_ test: TestStore? = nil) throws -> [Int64] {
        let ways = try [(false, Int.max), (true, .max), (false, 1), (true, 3)].map { descending, size in
            try (test ?? self.test).read { reader in
                var walk = try ListWalk(
                    SessionCondition(SessionFilter(), reader).query(),
                    by: ListOrder(value: "s.id", row: "s.id", descending: descending),
                    streams: [LivingSessions(at: reader.now, .min ... .max, descending: descending, after: nil)],
                    candidates: [], after: nil)
                var found: [Int64] = []
                while case let some = try walk.next(size, reader.sql).map(\.row), !some.isEmpty { found += some }
                return descending ? found.reversed() : found
            }
        }
        #expect(Set(ways).count == 1)
        return ways[0]
    }

    private var spans: Int { get throws { try test.count("session_span") } }

    @Test func `a session that is seen again and again lives on in its span, whoever else died there`() throws {
        let sessions = try logIn(200)
        for round in 0..<40 {
            test.advance(.minutes(29))
            try test.run(SessionTouch([sessions[0].session.id.text, sessions[130].session.id.text]))
            #expect(try found() == (round < 2 ? Array(1...200) : [1, 131]))
            #expect(try test.read { try $0.wrongEntries() }.isEmpty)
        }
    }

    @Test func `a refresh keeps its session in its span`() throws {
        let test = try TestStore()
        var token = try #require(try test.logInWithTokens().refreshToken)
        for user in 0..<100 { try test.logIn("user\(user)") }
        test.advance(.days(2))
        for _ in 0..<12 {
            test.advance(.days(1))
            token = try test.refresh(token).pair.refreshToken
            #expect(try found(test) == [1])
            #expect(try test.read { try $0.wrongEntries() }.isEmpty)
        }
    }

    @Test func `a span of the dead is not gone through, and a cleanup removes it`() throws {
        _ = try logIn(300)
        test.advance(.hours(2))
        _ = try logIn(3)
        #expect(try found() == [301, 302, 303])
        #expect(try spans == 5)
        // One of the first would be shown if it were looked at.
        try test.tamper("UPDATE session SET ended_at = NULL, alive_until = \(test.now + .days(1)) WHERE id = 7")
        try test.tamper("UPDATE session_span SET alive_until = 5 WHERE span = 0")
        #expect(try found() == [301, 302, 303])
        try test.tamper("UPDATE session SET alive_until = 5 WHERE id = 7")
        #expect(try test.cleanUp { $0.olderThan = .zero }.sessions == 300)
        #expect(try spans == 1)
        #expect(try found() == [301, 302, 303])
    }

    @Test func `where somebody lives a cleanup leaves the span, and the next takes it`() throws {
        let sessions = try logIn(300)
        try test.run(UserLogout(["user7"], reason: nil))
        test.advance(.minutes(29))
        try test.run(SessionTouch([sessions[0].session.id.text, sessions[299].session.id.text]))
        test.advance(.minutes(32))
        _ = try test.cleanUp { $0.olderThan = .zero }
        #expect(try found() == [1, 300])
        #expect(try test.read { try $0.wrongEntries() }.isEmpty)
        test.advance(.hours(3))
        _ = try test.cleanUp { $0.olderThan = .zero }
        #expect(try spans == 0)
    }

    @Test func `a session that its span hides is named by the doctor`() throws {
        _ = try logIn(200)
        try test.tamper("UPDATE session_span SET alive_until = 5 WHERE span = 1")
        #expect(try found() == Array(1...63) + Array(128...200))
        let finding = try #require(try test.store.diagnose(.deep).findings.first { $0.check == "entries" })
        #expect(finding.answer == .critical && finding.text.hasSuffix("session_span: 64 missing, 0 astray"))
        try test.tamper("DELETE FROM session_span")
        #expect(try test.read { try $0.wrongEntries() }.map(\.missing) == [200])
        #expect(try found().isEmpty)
    }

    @Test func `numbers that are never given are gone through too`() throws {
        let columns: SQL = """
            user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout, absolute_expires_at, alive_until,
            secret_hash
            """
        _ = try logIn(1)
        let planted: [Int64] = [-200, -64, -1, 1 << 40, 1 << 52]
        for number in planted {
            try test.tamper(
                "INSERT INTO session (id, " + columns + ") SELECT \(number), " + columns + " FROM session WHERE id = 1")
        }
        #expect(try found() == (planted + [1]).sorted())
    }

    @Test(
        arguments: [(false, 10...64), (true, 100...200), (false, 10...191), (true, 64...64)]
            as [(Bool, ClosedRange<Int64>)])
    func `a walk that ends among the living asks no further`(descending: Bool, meant: ClosedRange<Int64>) throws {
        _ = try logIn(300)
        try test.read { reader in
            let query = try SessionCondition(SessionFilter(), reader).query()
            var walk = LivingSessions(at: reader.now, meant, descending: descending, after: nil)
            var found: [Int64] = []
            for _ in 0..<6 where !walk.isExhausted {
                _ = try walk.advance(query, window: 64, limit: 64, reader.sql)
                found += walk.buffer.map(\.row)
                walk.buffer = []
            }
            #expect(walk.isExhausted)
            #expect(found == (descending ? meant.reversed() : Array(meant)))
        }
    }

    @Test(arguments: [.min, .min + 64, -1 << 53, 1 << 53, .max - 64, .max] as [Int64])
    func `a span of numbers that are never given stops nothing`(number: Int64) throws {
        _ = try logIn(1)
        try test.tamper("INSERT INTO session_span VALUES (\(number >> 6), \(Int64.max))")
        var numbers = [Int64(1)]
        let kind = try failure { numbers = try found() }
        #expect(numbers == [1] && (kind == nil || kind == .untrusted))
    }

    @Test func `a span that would not outlast the next time its session is seen is named by the doctor`() throws {
        _ = try logIn(1)
        try test.tamper("UPDATE session_span SET alive_until = (SELECT alive_until FROM session)")
        #expect(try test.read { try $0.wrongEntries() }.map(\.missing) == [1])
    }
}
