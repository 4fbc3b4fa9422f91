internal import CSQLite
internal import GRDB

extension Database {
    /// Opens a database that exists, after making sure that it is ours and that its schema is the one `steps` make.
    ///
    /// A refused file is left as it was, byte for byte, and nothing is laid beside it. Throws `absent`, `notDatabase`,
    /// `foreignApplication`, `corrupt`, `schemaAltered`, `needsMigration`, `newerSchema`, `link`, `notPermitted`, `busy`, `io`.
    package static func open(
        at path: String, steps: [MigrationStep], applicationID: Int32, options: Options = Options()
    ) throws(StorageError) -> Database {
        let file = try DatabaseFile(path)
        try file.requireRegularFile()
        let hadWAL = file.walBytes > 0
        if options.readOnly, options.prefersAtRest, file.isReadable, FileAtRest.uri(of: file) != nil,
            let atRest = FileAtRest(file)
        {
            return try connect(file, steps, applicationID, options, hadWAL: false, atRest: atRest)
        }
        let remains = file.namesBeside
        do {
            return try connect(file, steps, applicationID, options, hadWAL: hadWAL, atRest: nil)
        } catch {
            if !hadWAL, file.namesBeside != remains { file.removeEmptyWAL() }
            let explained = file.explaining(error, readOnly: options.readOnly)
            guard options.readOnly, explained.kind == .notPermitted, !file.waitsForRollback(error), file.isReadable,
                FileAtRest.uri(of: file) != nil, let atRest = FileAtRest(file)
            else { throw explained }
            return try connect(file, steps, applicationID, options, hadWAL: false, atRest: atRest)
        }
    }

    private static func connect(
        _ file: DatabaseFile, _ steps: [MigrationStep], _ applicationID: Int32, _ options: Options, hadWAL: Bool,
        atRest: FileAtRest?
    ) throws(StorageError) -> Database {
        try translatingErrors {
            let database = try Database(file, options, atRest: atRest) { database in
                let connection = database.sqliteConnection
                try FileHeader(of: connection).require(applicationID: applicationID, of: file.path)
                guard options.readOnly || sqlite3_db_readonly(connection, "main") == 0 else {
                    throw StorageError(sqlite: SQLITE_READONLY, nil)
                }
                // Should it be refused, closing must not move somebody's log into the file.
                if hadWAL { csqlite_set_flag(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1) }
            }
            do {
                try database.verify(steps)
                try database.settle()
            } catch {
                try? database.close()
                throw error
            }
            return database
        }
    }

    private func verify(_ steps: [MigrationStep]) throws {
        let version: Int
        do {
            version = try read { try SchemaLedger.verify($0, against: steps) }
        } catch let error as StorageError
            where error.kind == .schemaAltered && options.acceptsAlteredSchema && options.readOnly
        {
            return
        }
        guard version == steps.count || options.acceptsPendingSteps else {
            throw StorageError(
                .needsMigration,
                "the database has schema version \(version), this program needs \(steps.count)",
                hint: "back it up, then run 'tokenctl migrate'")
        }
    }

    /// What may be done only to a file that has been found ours.
    private func settle() throws {
        try exclusively { database in
            csqlite_set_flag(database.sqliteConnection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
            // Already so in the file, unless another tool has changed it; then this writes.
            if !options.readOnly { try database.requireWAL() }
        }
    }
}

extension GRDB.Database {
    func requireWAL() throws {
        let mode = try String.fetchOne(self, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw StorageError(.io, "the file system cannot hold a write-ahead log", hint: "use a local file system")
        }
    }
}
