internal import CSQLite
internal import GRDB

extension StorageError {
    /// An extended result code of SQLite (https://www.sqlite.org/rescode.html) with its message.
    ///
    /// SQLite's messages name tables, columns and tokens of the statement, and never a bound value.
    init(sqlite code: Int32, _ message: String?, sql: String? = nil) {
        let detail = message.map { ": \($0)" } ?? ""
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            self.init(.busy, "the database is busy: another process holds its lock", hint: "try again")
        case SQLITE_FULL:
            self.init(.full, "the disk is full", hint: "make room, then try again")
        case SQLITE_IOERR where code == Self.noRoomForSharedMemory:
            self.init(
                .full, "the disk is full: there is no room for the index of the log, without which nothing can be read",
                hint: "make room, then try again; 32 KiB are enough to read")
        case SQLITE_READONLY:
            self.init(.readOnly, "the database may only be read")
        case SQLITE_PERM, SQLITE_AUTH:
            self.init(.notPermitted, "the database refuses access")
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT:
            self.init(.corrupt, "the database is corrupt", hint: "restore a backup")
        case SQLITE_IOERR, SQLITE_CANTOPEN:
            self.init(.io, "reading or writing the database failed\(detail)")
        case SQLITE_NOMEM:
            self.init(.io, "there is not enough memory")
        case SQLITE_INTERRUPT:
            self = .interruption
        case SQLITE_TOOBIG:
            self.init(.malformed, "a value is too large to store")
        case SQLITE_CONSTRAINT, SQLITE_MISMATCH:
            self.init(.constraint, "a constraint refused the row\(detail)")
        case SQLITE_ABORT:
            self.init(.io, "an earlier error ended the transaction")
        // What the file holds, told under the code of a wrong statement.
        case SQLITE_ERROR where ["unsupported file format", "integer overflow"].contains(message):
            self.init(.corrupt, "the database is corrupt\(detail)", hint: "restore a backup")
        default:
            self.init(.bug, "the database refused a statement\(detail)")
        }
        sqliteCode = code
        self.sql = sql
    }

    init(_ error: DatabaseError) {
        self.init(sqlite: error.extendedResultCode.rawValue, error.message, sql: error.sql)
    }

    /// The same, unless the file could not be read: SQLite calls that corrupt as well (`SQLITE_IOERR_CORRUPTFS`), and a store
    /// must not be given up for a disk, or a cable, that failed.
    func unlessUnreadable(on connection: OpaquePointer?) -> StorageError {
        guard kind == .corrupt, let sqliteCode, sqliteCode & 0xFF == SQLITE_CORRUPT else { return self }
        return Self.unreadable(on: connection, sql: sql) ?? self
    }

    /// Nil where every read of this connection has succeeded.
    static func unreadable(on connection: OpaquePointer?, sql: String? = nil) -> StorageError? {
        let reason = csqlite_read_error(connection)
        guard reason != 0 else { return nil }
        return StorageError(
            .io, "the database cannot be read: \(DatabaseFile.text(of: reason))",
            hint: "the disk may be failing: look into the system's log, and copy the store elsewhere",
            sqliteCode: SQLITE_IOERR, sql: sql)
    }

    /// SQLITE_IOERR_SHMSIZE, a macro that is not imported: the file `-shm` could not be made as large as it must be.
    private static let noRoomForSharedMemory: Int32 = SQLITE_IOERR | 19 << 8

    static let interruption = StorageError(.interrupted, "interrupted: nothing was changed")
}

/// Runs what may throw GRDB's errors, and throws only ours. Where the connection is known, it tells what is corrupt from what
/// cannot be read.
func translatingErrors<T>(
    on database: GRDB.Database? = nil, _ body: () throws -> T
) throws(StorageError) -> T {
    do {
        return try body()
    } catch let error as StorageError {
        throw error
    } catch let error as DatabaseError {
        throw StorageError(error).unlessUnreadable(on: database?.sqliteConnection)
    } catch {
        throw StorageError(.bug, "unexpected error from the storage engine")
    }
}
