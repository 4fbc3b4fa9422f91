internal import CSQLite

/// The first 100 bytes of a database file (https://www.sqlite.org/fileformat2.html §1.3): enough to tell whose it is
/// before SQLite reads a page, takes a lock, or lays a `-wal` beside a file that is not ours.
struct FileHeader {
    private static let magic = Array("SQLite format 3\0".utf8)
    private let bytes: [UInt8]

    init(of connection: OpaquePointer?) throws(StorageError) {
        var bytes = [UInt8](repeating: 0, count: 100)
        let code = csqlite_read_start(connection, &bytes, Int32(bytes.count))
        guard code == SQLITE_OK else {
            throw StorageError(sqlite: code, "the header cannot be read")
        }
        self.bytes = bytes
    }

    /// Throws unless the file is a SQLite database with this `PRAGMA application_id`.
    func require(applicationID: Int32, of path: String) throws(StorageError) {
        guard bytes.starts(with: Self.magic) else {
            throw StorageError(.notDatabase, "\(path) is not a database")
        }
        let stored = bytes[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard Int32(bitPattern: stored) == applicationID else {
            throw StorageError(.foreignApplication, "\(path) is a database of another application")
        }
    }
}
