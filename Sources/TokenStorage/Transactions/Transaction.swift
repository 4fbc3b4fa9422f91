/// One snapshot of the store. It must not leave the closure it was given to: used later, it throws `bug`.
///
/// Every method throws `StorageError`, or what `body` throws.
package protocol ReadTransaction {
    /// The first row. Also for `INSERT … RETURNING`.
    func row(_ sql: SQL) throws -> Row?

    /// Row by row, in constant memory, until `body` answers `false`.
    func forEach(_ sql: SQL, _ body: (Row) throws -> Bool) throws

    /// The first column of each row, until `body` answers `false`: for the numbers of millions of rows in constant memory.
    func forEachInteger(_ sql: SQL, _ body: (Int64) throws -> Bool) throws

    /// What the engine would do, a line per step: tests pin the plans of hot statements with it.
    func queryPlan(_ sql: SQL) throws -> [String]
}

/// The only writer, from its first statement on.
package protocol WriteTransaction: ReadTransaction {
    /// Returns how many rows it inserted, updated or deleted itself; those of triggers and foreign keys do not count.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int
}

extension ReadTransaction {
    /// All rows. For results of bounded size.
    package func rows(_ sql: SQL) throws -> [Row] {
        var rows: [Row] = []
        try forEach(sql) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    /// The first column of all rows, packed. For results of bounded size.
    package func integers(_ sql: SQL) throws -> [Int64] {
        var integers: [Int64] = []
        try forEachInteger(sql) { integer in
            integers.append(integer)
            return true
        }
        return integers
    }

    /// The first column of the first row.
    package func value<Value: SQLDecodable>(_ sql: SQL, as type: Value.Type = Value.self) throws -> Value? {
        try row(sql)?.get(0)
    }
}
