internal import TokenStorage

/// What a list asks for, apart from its order.
struct ListQuery {
    /// The table whose rows are listed: `session s`.
    let table: SQL
    /// The tables that conditions look at, each found by its key: ` CROSS JOIN client c`. SQLite keeps the order of a
    /// CROSS JOIN, so the listed table always comes first; elsewhere it is an inner join like any other.
    var joined: SQL = ""
    /// What rows must meet, in words that tempt no planner to leave the index that gives the order: `s.user_id + 0 = 7`.
    var condition: SQL

    func select(_ columns: SQL) -> SQL {
        "SELECT " + columns + " FROM " + table + joined + " WHERE " + condition + " AND "
    }
}

/// Rows that contain all matches, found through an index: few of them can be read and sorted without walking at all.
struct Candidates {
    /// The numbers of the rows.
    let rows: SQL
    /// Rows of another table to go through first; where they are too many, so is this.
    var through: SQL?

    /// Whether there are at most so many.
    func areAtMost(_ count: Int, _ sql: any ReadTransaction) throws -> Bool {
        if let through, try Self.size(through, upTo: count + 1, sql) > count { return false }
        return try Self.size(rows, upTo: count + 1, sql) <= count
    }

    private static func size(_ rows: SQL, upTo count: Int, _ sql: any ReadTransaction) throws -> Int {
        try sql.value("SELECT count(*) FROM (" + rows + " LIMIT \(count)) AS counted") ?? 0
    }
}

/// Goes through the matches of a query in its order, at a price that follows the size of the page, not of the table.
///
/// Two ways lead there: walking an index in the order of the list and leaving out what does not match, which is cheap where
/// matches are dense; or gathering every row that an index of some condition holds and sorting, cheap where they are few.
/// Which is better depends on the data, and there are no statistics that stay true. So they race: each time the walk has
/// passed as many rows in vain as candidates would fill, the candidates are counted, no further than that, and taken
/// where they are few enough. The price is that of the better way, times a small constant.
struct ListWalk {
    private(set) var query: ListQuery
    /// Merged by key. More than one where the index begins with a column that has several values.
    private(set) var streams: [OrderedRows]
    let candidates: [Candidates]
    private let value: StaticString
    private let row: StaticString
    private let descending: Bool
    /// The last key handed out, or where the list begins.
    private var position: ListKey?
    private var gathered: ArraySlice<ListKey>?
    private var isFirst = true
    /// Rows passed without finding anything, and how many may be before candidates are counted again.
    private var spent = 0
    private var allowance = 1000

    /// Sorted by `value` and, among equals, `row`.
    init(
        _ query: ListQuery, streams: [OrderedRows], candidates: [Candidates], value: StaticString, row: StaticString,
        descending: Bool, after position: ListKey?
    ) {
        self.query = query
        self.streams = streams
        self.candidates = candidates
        self.value = value
        self.row = row
        self.descending = descending
        self.position = position
    }

    /// The next matches, at most `count`; fewer only at the end.
    mutating func next(_ count: Int, _ sql: any ReadTransaction) throws -> [ListKey] {
        if isFirst {
            isFirst = false
            try gather(sql)
        }
        var found: [ListKey] = []
        while found.count < count, let key = try take(count - found.count, sql) {
            found.append(key)
            position = key
        }
        return found
    }

    private mutating func take(_ wanted: Int, _ sql: any ReadTransaction) throws -> ListKey? {
        if gathered == nil { try fill(wanted, sql) }
        if gathered != nil { return gathered?.popFirst() }
        var best: (index: Int, key: ListKey)?
        for (index, stream) in streams.enumerated() {
            guard let key = stream.buffer.first else { continue }
            if let known = best, descending ? known.key > key : known.key < key { continue }
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
                    allowance *= 2
                    if try gather(sql) { return }
                }
                spent += try streams[index].advance(
                    query, window: max(allowance / max(streams.count, 1), 64), limit: max(wanted, 16), sql)
            }
        }
    }

    /// Takes the first candidates that are few enough: the keys of those that match, sorted.
    @discardableResult
    private mutating func gather(_ sql: any ReadTransaction) throws -> Bool {
        guard let few = try candidates.first(where: { try $0.areAtMost(allowance, sql) }) else { return false }
        gathered = try sql.rows(statement(few)).map(ListKey.init).sorted { descending ? $0 > $1 : $0 < $1 }[...]
        return true
    }

    private func statement(_ few: Candidates) -> SQL {
        let rest: SQL =
            position.map { position in
                let columns = value.description == row.description ? [row] : [value, row]
                return " AND " + OrderedRows.compare(columns, descending ? "<" : ">", position)
            } ?? ""
        return query.select("\(raw: value), \(raw: row)") + "\(raw: row) IN (" + few.rows + ")" + rest
    }

    /// The same way to other rows, such as those that belong to the rows walked.
    func with(_ query: ListQuery) -> ListWalk {
        var walk = self
        walk.query = query
        return walk
    }

    /// How many match. Counts all candidates where they are not too many to be worth it, else every row of the table.
    func count(_ sql: any ReadTransaction) throws -> Int {
        guard !streams.isEmpty else { return 0 }
        var most = 1000
        while most < 1 << 22 {
            for few in candidates where try few.areAtMost(most, sql) {
                return try sql.value(
                    "SELECT count(*) FROM (" + query.select("1") + "\(raw: row) IN (" + few.rows + ")) AS counted") ?? 0
            }
            guard !candidates.isEmpty else { break }
            most *= 4
        }
        return try sql.value("SELECT count(*) FROM (" + query.select("1") + "1 = 1) AS counted") ?? 0
    }

    /// Every statement that reading the first page may run, for tests to look at their plans.
    var statements: [SQL] {
        streams.flatMap { $0.statements(query) } + candidates.flatMap { few in [few.rows, statement(few)] }
            + candidates.compactMap(\.through)
    }
}
