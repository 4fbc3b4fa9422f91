import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct `Lists of refresh families` {
    @Test func `follow their sessions, page by page`() throws {
        let data = try ListData(900, seed: 8)
        let families = try data.test.read { reader in
            let select: SQL = "SELECT " + RefreshFamily.columns + " FROM " + RefreshFamily.tables
            return try reader.sql.rows(select).map { try RefreshFamily($0, reader) }
        }
        var random = SeededRandom(9)
        var rows = 0
        for _ in 0..<40 {
            var filter = FamilyFilter()
            filter.session = try SessionFilter.random(&random, at: data.now)
            filter.states = Set(FamilyState.allCases.filter { _ in Bool.random(using: &random) })
            filter.replayed = Int.random(in: 0..<5, using: &random) == 0
            var sessions = filter.session
            sessions.states = Set(SessionState.allCases)
            let meant = Set(data.matches(sessions).map(\.id.row))
            let states =
                filter.states.isEmpty ? (filter.replayed ? Set(FamilyState.allCases) : [.active]) : filter.states
            let expected = families.filter {
                meant.contains($0.session.id.row) && states.contains($0.state(at: data.now))
                    && (!filter.replayed || $0.replayedAt != nil)
            }
            rows += expected.count
            for descending in [true, false] {
                let sorted = expected.sorted { ($0.session.id.row, $0.id.row) < ($1.session.id.row, $1.id.row) }
                let rows = (descending ? sorted.reversed() : sorted).map(\.id.row)
                var found: [Int64] = []
                var position: ListPosition?
                repeat {
                    let page = try data.test.read { reader in
                        try reader.families(
                            filter, in: SessionOrder(.creation, descending: descending), after: position, limit: 7)
                    }
                    found += page.items.map(\.id.row)
                    position = page.next
                } while position != nil
                #expect(found == rows, "\(filter)")
            }
            #expect(try data.test.read { try $0.countFamilies(filter) } == expected.count, "\(filter)")
        }
        #expect(rows > 300)
    }

    @Test func `name each session once where several families of it were replayed`() throws {
        let data = try ListData(2000, seed: 10)
        let replayed = try data.test.read {
            try $0.sql.integers("SELECT session_id FROM refresh_family WHERE replayed_at IS NOT NULL").sorted()
        }
        #expect(Set(replayed).count < replayed.count)
        var filter = FamilyFilter()
        filter.replayed = true
        filter.session.states = Set(SessionState.allCases)
        for order in `Lists of sessions`.orders {
            for allowance in `Lists of sessions`.allowances {
                for count in [Int.max, 1] {
                    var found: [Int64] = []
                    try data.test.read { reader in
                        var walk = try SessionCondition(filter.session, reader).walk(filter, order, after: nil)
                        walk.allowance = allowance
                        while case let some = try walk.next(count, reader.sql).map(\.row), !some.isEmpty {
                            found += some
                        }
                    }
                    #expect(found.sorted() == Set(replayed).sorted(), "\(order) \(allowance)")
                    guard order.key == .creation else { continue }
                    #expect(found == (order.descending ? found.sorted().reversed() : found.sorted()))
                }
            }
        }
    }
}
