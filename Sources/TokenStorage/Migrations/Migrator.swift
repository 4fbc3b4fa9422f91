internal import GRDB

/// Takes a database through the steps it has not taken.
enum Migrator {
    /// Inside the caller's write transaction: all of them, or none.
    static func apply(
        _ steps: [MigrationStep], after version: Int, to database: GRDB.Database, _ transaction: SQLiteTransaction,
        at now: Int64
    ) throws {
        if version == 0 { try database.execute(sql: SchemaLedger.table) }
        for (index, step) in steps.enumerated().dropFirst(version) {
            do {
                try translatingErrors {
                    try database.execute(sql: step.sql)
                    try SchemaLedger.record(step, version: index + 1, at: now, transaction)
                }
            } catch {
                var failure = error
                failure.message = "step \(step.name): \(error.message)"
                throw failure
            }
        }
        if let row = try transaction.row("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1") {
            throw StorageError(
                .constraint, "the steps leave dangling references in table \(try row.get(0, as: String.self))")
        }
        // PRAGMA takes no parameters; the value is an integer of ours.
        try database.execute(sql: "PRAGMA user_version = \(steps.count)")
    }
}

extension Database {
    /// The names of the steps that this database has not taken.
    package func pendingSteps(of steps: [MigrationStep]) throws -> [String] {
        try read { transaction in
            steps.dropFirst(try SchemaLedger.verify(transaction, against: steps)).map(\.name)
        }
    }

    /// Takes the steps it has not taken, in one transaction, and returns their names. What is pending is decided inside, so
    /// two programs that migrate at once migrate once. `record` is told the names where there were any, and writes what it
    /// likes in the same transaction. `now` in Unix milliseconds.
    @discardableResult
    package func migrate(
        _ steps: [MigrationStep], at now: Int64 = UnixClock.milliseconds(),
        record: (any WriteTransaction, [String]) throws -> Void = { _, _ in }
    ) throws -> [String] {
        guard !options.readOnly else { throw StorageError(.readOnly, "the database is open for reading only") }
        return try exclusively { database in
            let transaction = SQLiteTransaction(database, wait)
            defer { transaction.end() }
            var applied: [String] = []
            func takeSteps() throws -> GRDB.Database.TransactionCompletion {
                try translatingErrors {
                    let version = try SchemaLedger.verify(transaction, against: steps)
                    if version < steps.count {
                        try Migrator.apply(steps, after: version, to: database, transaction, at: now)
                    }
                    applied = steps.dropFirst(version).map(\.name)
                }
                if !applied.isEmpty { try record(transaction, applied) }
                return .commit
            }
            do {
                try database.inTransaction(.immediate, takeSteps)
            } catch let error as DatabaseError {
                throw StorageError(error)
            }
            return applied
        }
    }
}
