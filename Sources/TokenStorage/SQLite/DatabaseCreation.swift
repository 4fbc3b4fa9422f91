internal import GRDB

extension Database {
    /// Makes a new database: the file, its schema by `steps`, the record of them, and what `fill` puts in. It has its name
    /// when it is whole; killed or refused before, it has left nothing that anybody could take for a database.
    ///
    /// The file is 0600 whatever the umask; with `group`, 0660 in a directory that must be that group's and 2770. `fill`
    /// works on the database elsewhere, which is closed when it returns. `now` is recorded with each step, in Unix
    /// milliseconds.
    ///
    /// Throws `exists`, `cannotCreate`, `busy` while somebody else makes it, `full`, `io`, `bug` for a step that is no SQL,
    /// or what `fill` throws.
    package static func create(
        at path: String, steps: [MigrationStep], applicationID: Int32, group: String? = nil,
        options: Options = Options(), at now: Int64 = UnixClock.milliseconds(),
        fill: (Database) throws -> Void = { _ in }
    ) throws -> Database {
        let file = try DatabaseFile(path)
        let owner: UInt32? = if let group { try file.sharedDirectoryOwner(group) } else { nil }
        let draft = try DatabaseDraft.begin(for: file, patience: .seconds(30))
        defer { draft.end() }
        try draft.file.create(sharedWith: owner)
        let database = try translatingErrors { try Database(draft.file, options) { _ in } }
        do {
            try translatingErrors { try database.build(steps, applicationID, at: now) }
            try fill(database)
        } catch {
            try? database.close()
            throw error
        }
        try database.close()
        // Only the file gets a name: nothing of it may be elsewhere.
        guard draft.file.namesBeside.isEmpty else {
            throw StorageError(.io, "the new database could not be closed")
        }
        try draft.place()
        return try translatingErrors { try Database(file, options) { _ in } }
    }

    /// Removes what a killed `create` left beside the place at `path`; never what somebody is making there now.
    package static func removeAbandonedDraft(of path: String) {
        guard let file = try? DatabaseFile(path) else { return }
        DatabaseDraft.removeAbandoned(for: file)
    }

    /// Where a `create` or a restore of the database at `path` was killed, a minute ago or longer; nil where none was.
    package static func abandonedDraft(of path: String, at now: Int) -> String? {
        guard let file = try? DatabaseFile(path), DatabaseDraft.isAbandoned(for: file, at: now) else { return nil }
        return DatabaseDraft.directory(for: file)
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
