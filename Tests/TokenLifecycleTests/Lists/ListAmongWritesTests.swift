import Testing
import TokenStorage

@testable import TokenLifecycle

/// Pages are read one by one, and the store goes on in between: whoever lives all the while is shown, and once.
@Suite struct `A list while the store goes on` {
    private static let clients = ["web", "kiosk", "ios"]

    @Test(arguments: [(UInt64(1), true), (2, false)])
    func `shows once whoever lives all the while`(seed: UInt64, descending: Bool) throws {
        let test = try TestStore(nil)
        var random = SeededRandom(seed)
        for user in 0..<500 {
            try logIn(test, "user\(user % 40)", &random)
            if user % 5 == 0 { try goOn(test, &random) }
        }
        for filter in [SessionFilter(), .of(client: "web")] {
            let before = try living(test, filter)
            var shown: [Int64] = []
            var position: ListPosition?
            repeat {
                let page = try test.read { reader in
                    let size = Int.random(in: 1...12, using: &random)
                    let page = try reader.sessions(
                        filter, in: SessionOrder(.creation, descending: descending), after: position, limit: size)
                    #expect(page.items.allSatisfy { $0.isAlive(at: reader.now) })
                    return page
                }
                shown += page.items.map(\.id.row)
                position = page.next
                for _ in 0..<Int.random(in: 0...2, using: &random) { try goOn(test, &random) }
            } while position != nil
            #expect(shown == (descending ? shown.sorted().reversed() : shown.sorted()), "seed \(seed)")
            #expect(Set(shown).count == shown.count, "seed \(seed)")
            let missed = try before.intersection(living(test, filter)).subtracting(shown)
            #expect(missed.isEmpty, "seed \(seed)")
            #expect(shown.count > 20)
        }
    }

    /// Asked of each row, in Swift. On the way every other reader is held against it.
    private func living(_ test: TestStore, _ filter: SessionFilter) throws -> Set<Int64> {
        try test.read { reader in
            let all = try reader.sql.rows("SELECT " + Session.columns + " FROM " + Session.tables)
                .map { try Session($0, reader) }.filter { $0.isAlive(at: reader.now) }
            #expect(try reader.wrongEntries().isEmpty)
            #expect(try reader.unreadableRows().finding == nil)
            let listed = try reader.sessions(
                SessionFilter(), in: SessionOrder(.creation, descending: false), limit: .max)
            #expect(listed.items.map(\.id.row) == all.map(\.id.row).sorted())
            #expect(try reader.countSessions(SessionFilter()) == all.count)
            #expect(try reader.countSessions(SessionFilter(), upTo: 1 << 20) == all.count)
            #expect(try reader.users(limit: .max).items.map(\.liveSessions).reduce(0, +) == all.count)
            return Set(
                all.filter { session in
                    filter.clients.isEmpty || filter.clients.contains { NamePattern($0).matches(session.client) }
                }.map(\.id.row))
        }
    }

    private func logIn(_ test: TestStore, _ user: String, _ random: inout SeededRandom) throws {
        // Refused while the clock is behind.
        let client = Self.clients.randomElement(using: &random)
        _ = try failure { try test.logIn(user, client: client) }
    }

    private func goOn(_ test: TestStore, _ random: inout SeededRandom) throws {
        test.advance(.seconds(Int64.random(in: 0...400, using: &random)))
        let alive = try test.read {
            try $0.sql.integers(
                "SELECT session_id FROM session_by_end WHERE ended_at = 0 AND alive_until > \($0.now) ORDER BY session_id"
            )
        }
        func some(_ most: Int) throws -> [String] {
            let rows = Array(alive.shuffled(using: &random).prefix(Int.random(in: 1...most, using: &random)))
            return try test.read { reader in
                try rows.compactMap { try reader.session(row: $0) }.filter { $0.isAlive(at: reader.now) }.map(\.id.text)
            }
        }
        switch Int.random(in: 0..<40, using: &random) {
        case 0..<10: try logIn(test, "user\(Int.random(in: 0..<40, using: &random))", &random)
        case 10..<28:
            let seen = try some(40)
            if !seen.isEmpty { try test.run(SessionTouch(seen)) }
        case 28..<31:
            if let one = try some(1).first { try test.run(SessionRevocation(.ids([one]), reason: nil)) }
        case 31..<33:
            if let one = try some(1).first {
                _ = try failure { _ = try test.store.regenerateSession(named: one, as: test.actor) }
            }
        case 33..<36: try test.cleanUp { $0.olderThan = [.zero, .minutes(20)].randomElement(using: &random) }
        case 36..<38: try test.set("session.idle", ["1h", "20m", "3h"].randomElement(using: &random) ?? "1h")
        case 38:
            try logIn(test, "late", &random)
            test.advance(.minutes(-30))
        default:
            if Int.random(in: 0..<12, using: &random) == 0 {
                try test.run(FloorLogout(.everyone, keep: try some(60), reason: nil))
            } else if Int.random(in: 0..<8, using: &random) == 0 {
                try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
            }
        }
    }
}

extension SessionFilter {
    fileprivate static func of(client: String) -> SessionFilter {
        var filter = SessionFilter()
        filter.clients = [client]
        return filter
    }
}
