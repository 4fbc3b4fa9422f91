internal import CSQLite
internal import GRDB

/// The statements of one transaction on one connection.
///
/// GRDB keeps the connection, its queue and its prepared statements. Binding and reading happen here, because GRDB hands
/// text over as C strings, which end at the first NUL, and its readers convert or trap where we want an error.
final class SQLiteTransaction: WriteTransaction {
    private let database: GRDB.Database
    private let wait: LockWait
    private var hasEnded = false

    init(_ database: GRDB.Database, _ wait: LockWait) {
        self.database = database
        self.wait = wait
    }

    /// After this, every use is a `bug`: the closure that the transaction was given to has returned.
    func end() {
        hasEnded = true
    }

    func forEach(_ sql: SQL, _ body: (Row) throws -> Bool) throws {
        try run(sql) { statement, columns in
            while try statement.step() {
                guard try body(Row(columns: columns, values: statement.row())) else { return }
            }
        }
    }

    func row(_ sql: SQL) throws -> Row? {
        try run(sql) { statement, columns in
            guard try statement.step() else { return nil }
            let row = Row(columns: columns, values: statement.row())
            // A write is complete, and its foreign keys are checked, only at the end of its rows.
            while !statement.isReadOnly, try statement.step() {}
            return row
        }
    }

    func forEachInteger(_ sql: SQL, _ body: (Int64) throws -> Bool) throws {
        try run(sql) { statement, columns in
            while try statement.step() {
                guard let integer = statement.integer else {
                    throw StorageError(.corrupt, "column \(Row.plainName(columns[0])): expected integer", sql: sql.text)
                }
                guard try body(Int64(stored: integer)) else { return }
            }
        }
    }

    @discardableResult
    func execute(_ sql: SQL) throws -> Int {
        try run(sql) { statement, _ in
            let before = sqlite3_total_changes(database.sqliteConnection)
            while try statement.step() {}
            // A statement that changes no row leaves the count of the one before it.
            return sqlite3_total_changes(database.sqliteConnection) == before
                ? 0 : Int(sqlite3_changes(database.sqliteConnection))
        }
    }

    func queryPlan(_ sql: SQL) throws -> [String] {
        try rows("EXPLAIN QUERY PLAN " + sql).map { try $0.get("detail") }
    }

    private func run<T>(_ sql: SQL, _ body: (BoundStatement, [String]) throws -> T) throws -> T {
        guard !hasEnded else { throw StorageError(.bug, "a transaction was used after its end") }
        try wait.checkInterruption()
        // SQLite ends a transaction by itself after some errors; what came next would then commit alone.
        guard database.isInsideTransaction else { throw StorageError(sqlite: SQLITE_ABORT, nil) }
        let prepared = try prepare(sql)
        let statement = try BoundStatement(prepared.sqliteStatement, of: sql)
        defer { statement.reset() }
        return try body(statement, prepared.columnNames)
    }

    private func prepare(_ sql: SQL) throws -> Statement {
        try translatingErrors(on: database) {
            guard sql.isStable else { return try database.makeStatement(sql: sql.text) }
            let cached = try database.cachedStatement(sql: sql.text)
            // Under way already: the same query, asked from within its own loop.
            let isBusy = sqlite3_stmt_busy(cached.sqliteStatement) != 0
            return isBusy ? try database.makeStatement(sql: sql.text) : cached
        }
    }
}
