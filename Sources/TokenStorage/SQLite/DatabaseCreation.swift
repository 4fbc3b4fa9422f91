internal import GRDB

extension Database {
    /// Makes a new database: the file, its schema by `steps`, and the record of them.
    ///
    /// The file is 0600 whatever the umask; with `group`, 0660 in a directory that must be that group's and 2770. When
    /// anything fails, nothing is left. Throws `exists`, `cannotCreate`, `full`, `io`, and `bug` for a step that is no SQL.
    /// `now` is recorded with each step, in Unix milliseconds.
    package static func create(
        at path: String, steps: [MigrationStep], applicationID: Int32, group: String? = nil,
        options: Options = Options(), at now: Int64 = UnixClock.milliseconds()
    ) throws(StorageError) -> Database {
        let file = try DatabaseFile(path)
        try file.create(group: group)
        do {
            return try translatingErrors {
                let database = try Database(file, options) { _ in }
                do {
                    try database.build(steps, applicationID, at: now)
                } catch {
                    try? database.close()
                    throw error
                }
                return database
            }
        } catch {
            file.removeHalfMade()
            throw error
        }
    }

    /// Closes and removes a database that was just created and could not be filled: nothing is left.
    package func discard() {
        try? close()
        file.removeHalfMade()
    }

    private func build(_ steps: [MigrationStep], _ applicationID: Int32, at now: Int64) throws {
        try exclusively { database in
            // Both before the first table, or never. Removing a row touches a page of each index somewhere, and a commit
            // writes whole pages: small ones cost a cleanup half the time (docs/decisions/0007-small-pages.md). Without
            // auto_vacuum no free page could ever be given back but by a full VACUUM.
            try database.execute(sql: "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL")
            let transaction = SQLiteTransaction(database, wait)
            defer { transaction.end() }
            // One commit in rollback mode, so the file says whose it is as soon as it says anything: a reader of its
            // header need not look into a log.
            try database.inTransaction(.immediate) {
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try Migrator.apply(steps, after: 0, to: database, transaction, at: now)
                return .commit
            }
            try database.requireWAL()
        }
    }
}
