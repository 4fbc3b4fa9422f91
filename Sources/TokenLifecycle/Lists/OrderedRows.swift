internal import TokenStorage

/// Rows in an order that an index has: read window by window, so that a walk past rows that do not match is bounded.
struct OrderedRows {
    /// The columns of the order, most significant first; the row's number is the last.
    let columns: [StaticString]
    /// What stands before the order in the index: `s.user_id = 7`.
    let condition: SQL
    /// The last value that is meant, in the direction of the walk.
    var stop: Int64?
    let descending: Bool
    /// Everything up to here has been read.
    private(set) var position: ListKey
    private(set) var isExhausted = false
    /// Matching rows read and not yet taken.
    var buffer: ArraySlice<ListKey> = []

    /// Rows from `low` to `high`, both included, after `position` where one is given.
    init(
        _ columns: [StaticString], where condition: SQL = "1 = 1", low: Int64? = nil, high: Int64? = nil,
        descending: Bool, after position: ListKey?
    ) {
        self.columns = columns
        self.condition = condition
        self.descending = descending
        let first = descending ? high : low
        stop = descending ? low : high
        let start =
            first.map { first in
                // Of a row's number alone, the one just outside; of a value, all rows that have it.
                guard columns.count > 1 else {
                    return descending
                        ? ListKey(value: first + 1, row: first + 1) : ListKey(value: first - 1, row: first - 1)
                }
                return ListKey(value: first, row: descending ? .max : .min)
            } ?? .start(descending: descending)
        self.position = position.map { descending ? min($0, start) : max($0, start) } ?? start
    }

    /// Reads the matches among the next `window` rows, at most `limit`. Returns how many rows it passed in vain.
    mutating func advance(_ query: ListQuery, window: Int, limit: Int, _ sql: any ReadTransaction) throws -> Int {
        let span = condition + " AND " + Self.compare(columns, descending ? "<" : ">", position) + stopCondition
        let edge = try sql.row(
            "SELECT " + key + " FROM " + query.table + " WHERE " + span + order + " LIMIT 1 OFFSET \(window - 1)"
        ).map(ListKey.init)
        let windowEnd: SQL = edge.map { " AND " + Self.compare(columns, descending ? ">=" : "<=", $0) } ?? ""
        let found = try sql.rows(query.select(key) + span + windowEnd + order + " LIMIT \(limit)").map(ListKey.init)
        buffer = found[...]
        if found.count == limit, let last = found.last {
            position = last
            return 0
        }
        if let edge { position = edge } else { isExhausted = true }
        return window
    }

    /// The statements that `advance` would run, for tests to look at their plans.
    func statements(_ query: ListQuery) -> [SQL] {
        let span = condition + " AND " + Self.compare(columns, descending ? "<" : ">", position) + stopCondition
        let edge = ListKey(value: 1, row: 1)
        return [
            "SELECT " + key + " FROM " + query.table + " WHERE " + span + order + " LIMIT 1 OFFSET \(99)",
            query.select(key) + span + " AND " + Self.compare(columns, descending ? ">=" : "<=", edge) + order,
            query.select(key) + span + order,
        ]
    }

    private var key: SQL { "\(raw: columns[0]), \(raw: columns[columns.count - 1])" }

    private var stopCondition: SQL {
        guard let stop else { return "" }
        return " AND " + (descending ? "\(raw: columns[0]) >= \(stop)" : "\(raw: columns[0]) <= \(stop)")
    }

    private var order: SQL {
        let terms: [SQL] = columns.map { descending ? "\(raw: $0) DESC" : "\(raw: $0)" }
        return " ORDER BY " + terms.joined(by: ", ")
    }

    /// `(a, b) < (1, 2)`: row values compare as the index is sorted.
    static func compare(_ columns: [StaticString], _ sign: StaticString, _ key: ListKey) -> SQL {
        guard columns.count > 1 else { return "\(raw: columns[0]) \(raw: sign) \(key.row)" }
        let names = columns.map { SQL("\(raw: $0)") }.joined(by: ", ")
        let values = columns.indices.map { SQL("\($0 == columns.count - 1 ? key.row : key.value)") }.joined(by: ", ")
        return "(" + names + ") \(raw: sign) (" + values + ")"
    }
}

extension ListKey {
    init(_ row: Row) throws {
        self.init(value: try row.get(0), row: try row.get(1))
    }
}

extension SQL {
    /// Binds like any interpolation; spelt as a call where a literal's type would not be inferred.
    init(_ sql: SQL) { self = sql }
}

extension [SQL] {
    func joined(by separator: SQL) -> SQL {
        guard let first else { return "" }
        return dropFirst().reduce(first) { $0 + separator + $1 }
    }

    /// Any of them; nothing where there are none.
    var anyOf: SQL { isEmpty ? "1 = 0" : "(" + joined(by: " OR ") + ")" }

    /// All of them; everything where there are none.
    var allOf: SQL { isEmpty ? "1 = 1" : joined(by: " AND ") }
}
