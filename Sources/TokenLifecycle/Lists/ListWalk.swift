internal import TokenStorage

/// Goes through the matches of a query in its order, at a price that follows the size of the page, not of the table.
///
/// Two ways lead there: walking an index in the order of the list and leaving out what does not match, which is cheap where
/// matches are dense; or gathering the rows that an index of some condition holds and sorting, cheap where they are few.
/// Which is better depends on the data, and there are no statistics that stay true. So they race: each time the walk has
/// passed so many rows in vain, candidates are looked for, no further than that, and taken where they are few enough. The
/// price is that of the better way, times a small constant.
struct ListWalk {
    private(set) var query: ListQuery
    let order: ListOrder
    /// Merged by key. More than one where the index begins with a column that has several values.
    private(set) var streams: [any ListStream]
    private(set) var candidates: [Candidates]
    /// The numbers that rows can have at all.
    private let rows: ClosedRange<Int64>
    /// The last key handed out, or where the list begins.
    private var position: ListKey?
    private var gathered: Gathered?
    private var isFirst = true
    /// How many rows are passed at the price of one that is looked at: many where a narrow table decides.
    private var rate: Int
    /// Where these are many, it does not, and a row costs what it costs.
    private let exceptions: Candidates?
    /// Rows passed, matches found among them, and how many rows may be passed before candidates are looked for again.
    private var spent = 0
    private var matched = 0
    var allowance: Int

    private enum Gathered {
        /// Sorted, and known to match.
        case matches(ArraySlice<ListKey>)
        case numbers(GatheredNumbers)
    }

    /// Sorted numbers of rows that may match, looked at as they are wanted.
    private struct GatheredNumbers {
        let query: ListQuery
        var rest: ArraySlice<Int64>
        /// Before the rest, and known to match.
        var matches: ArraySlice<Int64> = []
        /// How many have been looked at, and how many of them matched.
        var looked = 0
        var matched = 0
        /// How many have been looked at since the last match.
        var vain = 0
    }

    init(
        _ query: ListQuery, by order: ListOrder, streams: [any ListStream], candidates: [Candidates],
        rows: ClosedRange<Int64> = .min ... .max, rate: Int = 1, unless exceptions: Candidates? = nil,
        after position: ListKey?
    ) {
        self.query = query
        self.order = order
        self.streams = streams
        self.candidates = candidates
        self.rows = rows
        self.rate = rate
        self.exceptions = exceptions
        allowance = Self.firstRows * rate
        self.position = position
    }

    /// The next matches, at most `count`; fewer only at the end.
    mutating func next(_ count: Int, _ sql: any ReadTransaction) throws -> [ListKey] {
        if isFirst {
            isFirst = false
            if try !gather(sql), let exceptions, try !exceptions.areAtMost(Self.fewExceptions, sql) {
                allowance = max(affordableRows, 1)
                rate = 1
            }
        }
        var found: [ListKey] = []
        while found.count < count, let key = try take(min(count - found.count, 512), sql) {
            // Several entries of a stream may lead to one row.
            guard key != position else { continue }
            found.append(key)
            position = key
        }
        return found
    }

    private mutating func take(_ wanted: Int, _ sql: any ReadTransaction) throws -> ListKey? {
        if gathered == nil { try fill(wanted, sql) }
        switch gathered {
        case .matches(var keys):
            defer { gathered = .matches(keys) }
            return keys.popFirst()
        case .numbers(var numbers):
            while numbers.matches.isEmpty, !numbers.rest.isEmpty, numbers.vain <= 4 * affordableRows {
                try look(at: &numbers, wanted, sql)
            }
            if let match = numbers.matches.popFirst() {
                numbers.vain = 0
                gathered = .numbers(numbers)
                return .row(match)
            }
            guard !numbers.rest.isEmpty else { return nil }
            // Many meet that one condition and few the others: the walk is better after all.
            gathered = nil
            candidates = []
            return try take(wanted, sql)
        case nil: return takeFromStreams()
        }
    }

    private func look(at numbers: inout GatheredNumbers, _ wanted: Int, _ sql: any ReadTransaction) throws {
        let enough = Self.enough(for: wanted, after: numbers.looked, matched: numbers.matched) ?? 2 * wanted
        let some = numbers.rest.prefix(min(max(enough, 64), 1024))
        numbers.rest = numbers.rest.dropFirst(some.count)
        numbers.looked += some.count
        numbers.vain += some.count
        let statement = numbers.query.select("\(raw: order.row)") + "\(raw: order.row) IN " + .list(some)
        let found = Set(try sql.integers(statement))
        numbers.matches = some.filter(found.contains)[...]
        numbers.matched += numbers.matches.count
    }

    private mutating func takeFromStreams() -> ListKey? {
        var best: (index: Int, key: ListKey)?
        for (index, stream) in streams.enumerated() {
            guard let key = stream.buffer.first else { continue }
            if let known = best, order.precedes(known.key, key) { continue }
            best = (index, key)
        }
        guard let best else { return nil }
        streams[best.index].buffer.removeFirst()
        return best.key
    }

    /// Sees to it that each stream has a row at hand or is at its end, unless the candidates win on the way.
    private mutating func fill(_ wanted: Int, _ sql: any ReadTransaction) throws {
        for index in streams.indices {
            while streams[index].buffer.isEmpty, !streams[index].isExhausted {
                if spent >= allowance {
                    allowance *= matched > 0 ? 4 : 16
                    // Going on as until now, the walk may be done before candidates are worth a look.
                    let farOff = Double(matched) * Double(allowance) < Double(wanted) * Double(spent)
                    if farOff, try gather(sql) { return }
                }
                spent += try streams[index].advance(query, window: window(wanted), limit: max(wanted, 16), sql)
                matched += streams[index].buffer.count
                // What candidates have given meanwhile is behind.
                guard let position else { continue }
                streams[index].buffer = streams[index].buffer.drop { !order.precedes(position, $0) }
            }
        }
    }

    /// How many rows a stream shall pass next, a few times more than before at most: where a window ends is counted first. Nil
    /// where there is no other way to change to.
    private func window(_ wanted: Int) -> Int? {
        guard !candidates.isEmpty else { return nil }
        let affordable = min(allowance - spent, max(4 * spent, Self.firstRows * rate)) / streams.count
        return max(min(affordable, Self.enough(for: wanted, after: spent, matched: matched) ?? affordable), 64)
    }

    /// A few more rows than will do if matches lie as close as until now; nil where there was none.
    private static func enough(for wanted: Int, after passed: Int, matched: Int) -> Int? {
        matched > 0 ? wanted * max(passed, matched) / matched * 5 / 4 : nil
    }

    /// So many rows of another table are gone through before anything is known of how close matches lie.
    private static let fewPlaces = 1024
    /// So many rows are looked at before candidates are looked for again.
    private static let firstRows = 256
    private static let fewExceptions = 2048
    /// More numbers than this are never held.
    private static let mostNumbers = 1 << 17

    /// How many rows could have been looked at for what may be passed.
    private var affordableRows: Int { allowance / rate }

    /// Takes the first candidates that are few enough.
    private mutating func gather(_ sql: any ReadTransaction) throws -> Bool {
        for few in candidates {
            if order.isByRow {
                // Behind each of the others are some.
                let each =
                    few.through != nil ? 8 * Candidates.entriesPerRow : few.isVague ? 1 : Candidates.entriesPerRow
                let most = min(affordableRows * each, Self.mostNumbers)
                // Each is somewhere else in the file.
                let places = max(affordableRows / Candidates.entriesPerRow, Self.fewPlaces)
                guard let found = try few.numbers(atMost: most, behind: places, sql) else { continue }
                gathered = .numbers(GatheredNumbers(query: few.query ?? query, rest: inOrder(found)[...]))
                return true
            }
            guard try few.areAtMost(affordableRows / few.price, sql) else { continue }
            let found = try sql.rows(matches(among: few)).map(ListKey.init)
                .filter { key in position.map { order.precedes($0, key) } ?? true }
            gathered = .matches(found.sorted(by: order.precedes)[...])
            return true
        }
        return false
    }

    /// Those that the list has not passed yet, sorted, once each.
    private func inOrder(_ numbers: [Int64]) -> [Int64] {
        let rest = numbers.filter { number in
            rows.contains(number) && position.map { order.precedes($0, .row(number)) } ?? true
        }
        let sorted = RowNumbers.sorted(rest)
        return order.descending ? sorted.reversed() : sorted
    }

    private func matches(among few: Candidates) -> SQL {
        (few.query ?? query).select("\(raw: order.value), \(raw: order.tie), \(raw: order.row)")
            + "\(raw: order.row) IN (" + few.rows + ")"
    }

    /// The same way to other rows, such as those that belong to the rows walked.
    func with(_ query: ListQuery) -> ListWalk {
        var walk = self
        walk.query = query
        return walk
    }

    /// How many match. Looks at all candidates where they are not too many for that, else at every row of the table.
    func count(_ sql: any ReadTransaction) throws -> Int {
        guard !streams.isEmpty else { return 0 }
        var most = 1000
        while most < 1 << 22, !candidates.isEmpty {
            for few in candidates where try few.areAtMost(most, sql) {
                return try sql.value(
                    "SELECT count(*) FROM (" + query.select("1") + "\(raw: order.row) IN (" + few.rows + ")) AS counted"
                ) ?? 0
            }
            most *= 4
        }
        return try sql.value("SELECT count(*) FROM (" + query.select("1") + "1 = 1) AS counted") ?? 0
    }

    /// Every statement that reading a page may run, for tests to look at their plans.
    var statements: [SQL] {
        streams.flatMap { $0.statements(query) } + candidates.flatMap { [$0.rows, matches(among: $0)] }
            + candidates.compactMap(\.through) + [exceptions].compactMap { $0?.rows }
    }
}
