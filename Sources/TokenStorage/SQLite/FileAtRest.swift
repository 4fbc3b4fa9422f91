internal import CSQLite
internal import Glibc

/// A database that nobody has open for writing, read without its `-wal` and `-shm`.
///
/// Someone who may read the file but not write its directory cannot lay those two beside it, and SQLite then refuses a
/// database in WAL mode. While there is no log, the file alone is the whole database: it is read as *immutable*, and
/// looked at before and after each read. If anybody wrote meanwhile, the read is thrown away.
struct FileAtRest: Equatable, Sendable {
    private var inode: ino_t
    private var bytes: Int
    private var changed: [Int]

    /// `nil` when a log lies beside the file.
    init?(_ file: DatabaseFile) {
        guard let status = DatabaseFile.status(of: file.path) else { return nil }
        self.init(file, status)
    }

    private init?(_ file: DatabaseFile, _ status: stat) {
        guard file.walBytes == 0 else { return nil }
        inode = status.st_ino
        bytes = Int(status.st_size)
        changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }

    func requireUntouched(_ file: DatabaseFile) throws(StorageError) {
        let status = DatabaseFile.status(of: file.path)
        guard status != nil || errno == ENOENT else {
            throw StorageError(.io, "cannot look at \(file.path): \(DatabaseFile.text(of: errno))")
        }
        guard let status, FileAtRest(file, status) == self else {
            throw StorageError(.busy, "the database was written while it was read at rest", hint: "try again")
        }
    }

    /// The file's URI (https://www.sqlite.org/uri.html), or `nil` when this SQLite was built without them.
    static func uri(of file: DatabaseFile) -> String? {
        guard sqlite3_compileoption_used("USE_URI") == 1 else { return nil }
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~".utf8)
        let escaped = file.path.utf8.map { byte in
            plain.contains(byte) ? String(UnicodeScalar(byte)) : "%" + [byte].hexText
        }
        return "file://" + escaped.joined() + "?immutable=1"
    }
}
