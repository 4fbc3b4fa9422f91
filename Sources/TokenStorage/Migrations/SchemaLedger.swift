/// The record of the steps a database has taken, kept in the database: the table `schema_step` and `PRAGMA user_version`.
enum SchemaLedger {
    struct Entry: Equatable {
        var name: String
        var checksum: String
        /// `SchemaDigest` after the step.
        var digest: String
    }

    static let table = """
        CREATE TABLE schema_step (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            schema_digest TEXT NOT NULL,
            applied_at INTEGER NOT NULL     -- Unix milliseconds
        ) STRICT
        """

    /// The number of steps taken.
    static func version(_ transaction: any ReadTransaction) throws -> Int {
        try transaction.value("PRAGMA user_version", as: Int.self) ?? 0
    }

    static func entries(_ transaction: any ReadTransaction) throws -> [Entry] {
        try transaction.rows("SELECT name, checksum, schema_digest FROM schema_step ORDER BY version").map { row in
            try Entry(name: row.get(0), checksum: row.get(1), digest: row.get(2))
        }
    }

    static func record(
        _ step: MigrationStep, version: Int, at now: Int64, _ transaction: any WriteTransaction
    ) throws {
        let digest = try SchemaDigest.compute(transaction)
        try transaction.execute(
            """
            INSERT INTO schema_step (version, name, checksum, schema_digest, applied_at)
            VALUES (\(version), \(step.name), \(step.checksum), \(digest), \(now))
            """)
    }

    /// Holds a database against the steps of this program.
    ///
    /// Returns how many steps it has taken. Throws `newerSchema` when it has taken more than there are, `schemaAltered` when
    /// a step or the schema is not what was recorded.
    static func verify(_ transaction: any ReadTransaction, against steps: [MigrationStep]) throws -> Int {
        let version = try version(transaction)
        guard version <= steps.count else {
            throw StorageError(
                .newerSchema, "the database has schema version \(version), this program knows up to \(steps.count)",
                hint: "use the newer program that migrated it")
        }
        guard version > 0, try transaction.row("SELECT 1 FROM sqlite_schema WHERE name = 'schema_step'") != nil else {
            throw altered("it lacks the record of its own steps")
        }
        let entries: [Entry]
        do {
            entries = try self.entries(transaction)
        } catch let error as StorageError where error.kind == .bug {
            // The statement is right: the table is not the one that it was written for.
            throw altered("the record of its own steps does not read")
        }
        guard entries.count == version else {
            throw altered("it records \(entries.count) steps and claims version \(version)")
        }
        for (entry, step) in zip(entries, steps) where (entry.name, entry.checksum) != (step.name, step.checksum) {
            throw altered("step \(step.name) is not the one that was applied")
        }
        guard try entries.last?.digest == SchemaDigest.compute(transaction) else {
            throw altered("a table, index, view or trigger is not what its steps made")
        }
        return version
    }

    private static func altered(_ what: String) -> StorageError {
        StorageError(
            .schemaAltered, "the schema of the database was altered: \(what)",
            hint: "restore a backup, or open it with the program that wrote it")
    }
}
