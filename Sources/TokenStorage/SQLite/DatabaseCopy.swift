internal import CSQLite
internal import GRDB
internal import Glibc

extension Database {
    /// Copies the whole database, as one snapshot, into the empty file at `path`, and syncs it. The caller has made the file, so
    /// its mode and that it is nobody else's are settled.
    ///
    /// SQLite's backup interface, a few pages at a time. The snapshot is held meanwhile, so writers go on and the copy never
    /// starts again; the write-ahead log cannot be shortened until it is over. `passing` hears how many pages of how many are
    /// copied; what it throws ends the copying, and what is in the file then is no database.
    ///
    /// Throws `full`, `io`, `corrupt`, `interrupted`.
    package func copy(onto path: String, passing: (_ pages: Int, _ of: Int) throws -> Void) throws {
        let copy = try DatabaseFile(path)
        var stopped: (any Error)?
        do {
            try exclusively { database in
                try translatingErrors {
                    try database.inTransaction(.deferred) {
                        // A transaction has its snapshot from its first read on.
                        _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema")
                        try copyPages(from: database.sqliteConnection, to: copy.path) { pages, total in
                            do {
                                try passing(pages, total)
                            } catch {
                                stopped = error
                                throw StorageError.interruption
                            }
                        }
                        return .commit
                    }
                }
            }
            try copy.sync()
        } catch {
            throw stopped ?? error
        }
    }

    private func copyPages(
        from source: OpaquePointer?, to path: String, _ passing: (Int, Int) throws -> Void
    ) throws {
        var target: OpaquePointer?
        defer { sqlite3_close(target) }
        let opened = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE, nil)
        // Until it is synced and has its name the copy counts for nothing: it needs no journal.
        guard opened == SQLITE_OK,
            sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nil, nil, nil) == SQLITE_OK,
            let backup = sqlite3_backup_init(target, "main", source, "main")
        else { throw StorageError(sqlite: sqlite3_extended_errcode(target), "the copy cannot be begun") }
        var code: Int32
        repeat {
            code = sqlite3_backup_step(backup, 512)
            let total = Int(sqlite3_backup_pagecount(backup))
            do {
                try wait.checkInterruption()
                try passing(total - Int(sqlite3_backup_remaining(backup)), total)
            } catch {
                sqlite3_backup_finish(backup)
                throw error
            }
        } while code == SQLITE_OK
        let finished = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, finished == SQLITE_OK else {
            throw StorageError(sqlite: finished == SQLITE_OK ? code : finished, "the copy failed")
        }
    }
}

extension DatabaseFile {
    /// Makes what was written durable. Only for a file that no connection of this process has open.
    fileprivate func sync() throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(.io, "cannot open \(path): \(Self.text(of: errno))") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StorageError(errno == ENOSPC ? .full : .io, "cannot sync \(path): \(Self.text(of: errno))")
        }
    }
}
