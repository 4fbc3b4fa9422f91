internal import TokenStorage

/// What a list asks for, apart from its order.
struct ListQuery {
    /// The table whose rows are listed, `session s`; or one that has a row for each of them and decides of most.
    let table: SQL
    /// Its column that has the listed row's number.
    let number: StaticString
    /// The tables that conditions look at, each found by its key: ` CROSS JOIN client c`. SQLite keeps the order of a
    /// CROSS JOIN, so `table` always comes first; elsewhere it is an inner join like any other.
    var joined: SQL = ""
    /// What rows must meet, in words that tempt no planner to leave the index that gives the order: `s.user_id + 0 = 7`.
    var condition: SQL

    func select(_ columns: SQL) -> SQL {
        "SELECT " + columns + " FROM " + table + joined + " WHERE " + condition + " AND "
    }

    /// Of the rows that `entries` lead to, in their order.
    func select(_ columns: SQL, by entries: ListEntries) -> SQL {
        "SELECT " + columns + " FROM " + entries.table + " CROSS JOIN " + table + joined + " WHERE " + entries.link
            + " AND " + entries.condition + " AND " + condition + " AND "
    }
}

/// A table that lists the rows of another in an order of its own.
struct ListEntries {
    /// `session_by_user e`.
    let table: SQL
    /// What leads from an entry to its row: `s.id = e.session_id`.
    let link: SQL
    /// What an entry tells of its row before the row is looked at.
    let condition: SQL
}

/// Rows that contain all matches, found through an index alone: few of them can be looked at without walking at all.
struct Candidates {
    /// The numbers of the rows; 0 for one that is known not to match.
    let rows: SQL
    /// Says little of a row: most will be looked at for a page.
    var isVague = false
    /// How many rows a walk passes at the price of one of these.
    var price = 1
    /// Rows of another table to go through first; where they are too many, so is this.
    var through: SQL?
    /// What is left to ask of these rows, where that they are among these answers something.
    var query: ListQuery?

    /// How many entries of an index, which lie side by side, are read at the price of one row that is passed on a walk.
    /// A number is an entry; a time stands in the row, which is somewhere else in the file.
    static let entriesPerRow = 4

    /// Whether so many rows at most would be looked at, and not too many entries read that are known not to match.
    func areAtMost(_ count: Int, _ sql: any ReadTransaction) throws -> Bool {
        if let through, try Self.exceeds(through, count, sql) { return false }
        let entries = Self.entriesPerRow * count
        let meant = "WITH found(number) AS (" + rows + " LIMIT \(entries + 1)) SELECT 1 FROM found WHERE number <> 0"
        return try !Self.exceeds(meant, count, sql) && !Self.exceeds(rows, entries, sql)
    }

    /// Their numbers, in no order and some perhaps twice; nil where they are more than `count`, or lie behind more than
    /// `places` rows of the other table.
    func numbers(atMost count: Int, behind places: Int, _ sql: any ReadTransaction) throws -> [Int64]? {
        if let through, try Self.exceeds(through, places, sql) { return nil }
        let found = try sql.integers(rows + " LIMIT \(count + 1)")
        return found.count > count ? nil : found.filter { $0 != 0 }
    }

    private static func exceeds(_ rows: SQL, _ count: Int, _ sql: any ReadTransaction) throws -> Bool {
        let counted: Int? = try sql.value("SELECT count(*) FROM (" + rows + " LIMIT \(count + 1)) AS counted")
        return counted ?? 0 > count
    }
}

/// What a list is sorted by.
struct ListOrder {
    let value: StaticString
    /// What decides between equal values before the row's number does, where the index has a column in between.
    var tie: StaticString = "0"
    let row: StaticString
    let descending: Bool

    /// Whether the order is that of creation, so that a row's number says where it stands.
    var isByRow: Bool { value.description == row.description }

    func precedes(_ a: ListKey, _ b: ListKey) -> Bool { descending ? a > b : a < b }
}
