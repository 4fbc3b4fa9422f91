internal import TokenStorage

/// Rows in an order that an index has.
struct OrderedRows: ListStream {
    /// The columns of the order, most significant first; the row's number is the last.
    let columns: [StaticString]
    /// What stands before the order in the index: `s.client_id = 7`.
    let condition: SQL
    /// Where the rows are found, if not by an index of theirs: then `columns` and `condition` are of its entries.
    let entries: ListEntries?
    let descending: Bool
    /// The last value that is meant, in the direction of the walk.
    private let stop: Int64?
    private let isWholeTable: Bool
    /// Everything up to here has been read.
    private var position: ListKey
    /// Whether a row was, or could be, at the position.
    private var isUnderWay = false
    private(set) var isExhausted = false
    var buffer: ArraySlice<ListKey> = []

    /// Rows from `low` to `high`, both included, after `position` where one is given.
    init(
        _ columns: [StaticString], of entries: ListEntries? = nil, where condition: SQL? = nil, low: Int64? = nil,
        high: Int64? = nil, descending: Bool, after position: ListKey?
    ) {
        self.columns = columns
        self.entries = entries
        self.condition = condition ?? "1 = 1"
        isWholeTable = condition == nil
        self.descending = descending
        let first = descending ? high ?? .max : low ?? .min
        stop = descending ? low : high
        // By the row's number alone there is one row of a value, so the edge lies beside it.
        let outside = descending ? first.addingReportingOverflow(1) : first.subtractingReportingOverflow(1)
        let start: ListKey =
            columns.count > 1
            ? .edge(first, descending: descending) : .row(outside.overflow ? first : outside.partialValue)
        self.position = position.map { descending ? min($0, start) : max($0, start) } ?? start
    }

    mutating func advance(_ query: ListQuery, window: Int?, limit: Int, _ sql: any ReadTransaction) throws -> Int {
        let end = try window.flatMap { window in
            try spanOfNumbers(window) ?? sql.row(lastOfWindow(query, window)).map(ListKey.init)
        }
        let found = try sql.rows(matches(query, until: end) + " LIMIT \(limit)").map(ListKey.init)
        buffer = found[...]
        isUnderWay = true
        if found.count == limit, let last = found.last {
            position = last
            return 0
        }
        if let end { position = end } else { isExhausted = true }
        return window ?? 0
    }

    /// Where so many numbers below the position end. Rows are numbered one after another, so of a whole table, from the newest
    /// on, a window needs no counting; where some are gone, less is passed than is said. Numbers that are never given are counted.
    private func spanOfNumbers(_ window: Int) -> ListKey? {
        guard columns.count == 1, isWholeTable, descending, isUnderWay, PublicIDs.numbers.contains(position.row) else {
            return nil
        }
        let end = position.row - Int64(window)
        return end > max(stop ?? 0, 0) ? .row(end) : nil
    }

    private func lastOfWindow(_ query: ListQuery, _ window: Int) -> SQL {
        "SELECT " + key + " FROM " + (entries?.table ?? query.table) + " WHERE " + beyond + untilStop + order
            + " LIMIT 1 OFFSET \(window - 1)"
    }

    /// With one bound at each end: of two at the same end a planner may take the wider.
    private func matches(_ query: ListQuery, until end: ListKey?) -> SQL {
        let until = end.map { " AND " + Self.compare(columns, descending ? ">=" : "<=", $0) } ?? untilStop
        let select = entries.map { query.select(key, by: $0) } ?? query.select(key)
        return select + beyond + until + order
    }

    func statements(_ query: ListQuery) -> [SQL] {
        [lastOfWindow(query, 100), matches(query, until: .row(1)), matches(query, until: nil)]
    }

    /// A key's three numbers: the value, what decides between equal ones, the row.
    private var key: SQL {
        let value: SQL = "\(raw: columns[0])"
        let tie: SQL = columns.count > 2 ? "\(raw: columns[columns.count - 2])" : "0"
        return value + ", " + tie + ", \(raw: columns[columns.count - 1])"
    }

    private var beyond: SQL { condition + " AND " + Self.compare(columns, descending ? "<" : ">", position) }

    private var untilStop: SQL {
        guard let stop else { return "" }
        return descending ? " AND \(raw: columns[0]) >= \(stop)" : " AND \(raw: columns[0]) <= \(stop)"
    }

    private var order: SQL {
        let terms: [SQL] = columns.map { descending ? "\(raw: $0) DESC" : "\(raw: $0)" }
        return " ORDER BY " + terms.joined(by: ", ")
    }

    /// `(a, b) < (1, 2)`: row values compare as the index is sorted. A fourth column stands in front and equals the value.
    static func compare(_ columns: [StaticString], _ sign: StaticString, _ key: ListKey) -> SQL {
        guard columns.count > 1 else { return "\(raw: columns[0]) \(raw: sign) \(key.row)" }
        let names: [SQL] = columns.map { "\(raw: $0)" }
        let numbers = [key.value, key.value, key.tie, key.row].suffix(columns.count)
        let values: [SQL] = (columns.count == 2 ? [key.value, key.row] : Array(numbers)).map { "\($0)" }
        return "(" + names.joined(by: ", ") + ") \(raw: sign) (" + values.joined(by: ", ") + ")"
    }
}

extension ListKey {
    /// Reads value, tie and row.
    init(_ row: Row) throws {
        self.init(value: try row.get(0), tie: try row.get(1), row: try row.get(2))
    }
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
