internal import CSQLite
internal import Glibc

/// A database file as the file system shows it: where it is, what it is, and who may touch it.
///
/// Only names are looked at. The file itself is never opened here once it exists: closing any descriptor of it would drop
/// the POSIX locks of every SQLite connection this process has on it.
struct DatabaseFile {
    /// Absolute, so that no name is read as a `file:` URI or as SQLite's `:memory:`.
    let path: String

    init(_ path: String) throws(StorageError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw StorageError(.absent, "the path of a database is empty or contains NUL")
        }
        if path.hasPrefix("/") {
            self.path = path
        } else if let directory = getcwd(nil, 0) {
            defer { free(directory) }
            self.path = String(cString: directory) + "/" + path
        } else {
            throw StorageError(.absent, "the current directory is gone")
        }
    }

    var walPath: String { path + "-wal" }

    /// The file, and what SQLite may lay beside it.
    var names: [String] { ["", "-wal", "-shm", "-journal"].map { path + $0 } }

    /// The files that SQLite has laid beside it.
    var namesBeside: [String] {
        ["-wal", "-shm"].map { path + $0 }.filter { Self.status(of: $0) != nil }
    }

    var directory: String {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// Makes a name that was given or taken here durable.
    func syncDirectory() throws(StorageError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A directory that may be written but not read: the file itself is synced.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StorageError(.io, "cannot sync the directory of \(path): \(Self.text(of: errno))")
        }
    }

    /// Of the write-ahead log; 0 when there is none.
    var walBytes: Int { Self.status(of: walPath).map { Int($0.st_size) } ?? 0 }

    static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// Throws unless the path is a regular file that is not empty.
    func requireRegularFile() throws(StorageError) {
        guard let status = Self.status(of: path) else {
            switch errno {
            case EACCES: throw StorageError(.notPermitted, "no permission to look into \(directory)")
            case ENOENT, ENOTDIR: throw StorageError(.absent, "there is no database at \(path)")
            default: throw StorageError(.io, "cannot look at \(path): \(Self.text(of: errno))")
            }
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard status.st_size > 0 else { throw StorageError(.notDatabase, "\(path) is empty") }
        case S_IFLNK:
            throw StorageError(
                .link, "\(path) is a symbolic link", hint: "name the file itself; links in its directories are fine")
        case S_IFDIR:
            throw StorageError(.notDatabase, "\(path) is a directory")
        default:
            throw StorageError(.notDatabase, "\(path) is not a regular file")
        }
        // SQLite would follow it, and read or write what somebody put there.
        for name in names.dropFirst() where Self.status(of: name).map({ $0.st_mode & S_IFMT == S_IFLNK }) ?? false {
            throw StorageError(
                .link, "\(name) is a symbolic link",
                hint: "nothing of ours makes one: see who did, and move it away while nothing uses the database")
        }
    }

    var isReadable: Bool { allows(R_OK, to: path) }

    private func allows(_ access: Int32, to path: String) -> Bool {
        faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0
    }

    /// SQLite says "unable to open" for many reasons: finds the one that the operator can do something about.
    func explaining(_ error: StorageError, readOnly: Bool) -> StorageError {
        let vague = [SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_IOERR, SQLITE_PERM]
        guard let code = error.sqliteCode, vague.contains(code & 0xFF) else { return error }
        func refused(_ what: String, hint: String) -> StorageError {
            StorageError(.notPermitted, what, hint: hint, sqliteCode: code)
        }
        if !isReadable {
            return refused("no permission to read \(path)", hint: "run it as the owner of the file")
        }
        if !readOnly, !allows(W_OK, to: path) {
            return refused("no permission to write \(path)", hint: "run it as the owner of the file, or only read")
        }
        if waitsForRollback(error) {
            return refused(
                "\(path)-journal lies beside the database and says that a write was cut off",
                hint: "any verb that writes takes it back; if it is not of this database, move it away")
        }
        if !allows(W_OK | X_OK, to: directory) {
            return refused(
                "no permission to write the directory of \(path), where its write-ahead log lives",
                hint: "run it as the owner of the directory")
        }
        return error
    }

    /// Whether a journal beside the file says that a write was cut off, and the connection may not take it back. The file
    /// alone is then no whole database.
    func waitsForRollback(_ error: StorageError) -> Bool { error.sqliteCode == Self.readOnlyWithJournal }

    /// SQLITE_READONLY_ROLLBACK: a macro of two macros, which Swift does not import.
    private static let readOnlyWithJournal = SQLITE_READONLY | 3 << 8

    static func text(of code: Int32) -> String {
        String(cString: strerror(code)).lowercased()
    }

    /// Takes away the empty `-wal` and `-shm` that a read-only connection had to make and could not remove: a connection
    /// that may write does it when it closes as the last.
    func removeEmptyWAL() {
        var connection: OpaquePointer?
        if sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK {
            sqlite3_exec(connection, "PRAGMA user_version", nil, nil, nil)
        }
        sqlite3_close(connection)
    }
}
