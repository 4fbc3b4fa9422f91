import TokenStorage

@testable import TokenLifecycle

/// Passes everything on, and remembers the statements: what an operation really runs, for its plans to be looked at.
final class RecordingTransaction: WriteTransaction {
    private let inner: any WriteTransaction
    private(set) var statements: [SQL] = []

    init(_ inner: any WriteTransaction) {
        self.inner = inner
    }

    func row(_ sql: SQL) throws -> Row? {
        statements.append(sql)
        return try inner.row(sql)
    }

    func forEach(_ sql: SQL, _ body: (Row) throws -> Bool) throws {
        statements.append(sql)
        try inner.forEach(sql, body)
    }

    func forEachInteger(_ sql: SQL, _ body: (Int64) throws -> Bool) throws {
        statements.append(sql)
        try inner.forEachInteger(sql, body)
    }

    func execute(_ sql: SQL) throws -> Int {
        statements.append(sql)
        return try inner.execute(sql)
    }

    func queryPlan(_ sql: SQL) throws -> [String] { try inner.queryPlan(sql) }
}

extension TestStore {
    /// The plans of all statements that `body` runs in one write transaction, a line a step, each with its statement.
    func plans(_ body: (StoreWriter) throws -> Void) throws -> [(step: String, sql: String)] {
        try store.database.write { transaction in
            let recording = RecordingTransaction(transaction)
            let writer = try StoreWriter(recording, clock: now, actor: actor, keyring: store.keyring, ids: nil)
            try body(writer)
            try writer.finish()
            return try recording.statements.flatMap { sql in
                try recording.queryPlan(sql).map { (step: $0, sql: sql.text) }
            }
        }
    }
}
