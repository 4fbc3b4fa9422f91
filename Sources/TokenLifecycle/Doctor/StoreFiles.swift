internal import Glibc
internal import TokenStorage

/// The files of a store, by name: what is judged without opening any of them.
struct StoreFiles {
    /// Of the database, absolute.
    let path: String
    let masterKey: MasterKeySource
    /// The id of the key that the store is sealed with, where the store could say it.
    let masterKeyID: String?
    var access = WriteAccess()

    var directory: String { Self.directory(of: path) }

    static func directory(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// The database and what SQLite lays beside it, those that are there.
    var present: [(path: String, status: FileStatus)] {
        ["", "-wal", "-shm", "-journal"].compactMap { suffix in
            FileStatus(at: path + suffix).map { (path + suffix, $0) }
        }
    }

    /// What killed writers left: drafts of the database, and of any file beside it or beside a master key.
    var abandonedDrafts: [String] {
        let now = time(nil)
        let folders = Set([directory] + masterKey.places.map { Self.directory(of: Files.absolute($0.path)) })
        let drafts = folders.sorted().flatMap { AtomicFile.abandoned(in: $0, at: now) }
        return [Database.abandonedDraft(of: path, at: now)].compactMap { $0 } + drafts
    }

    var walBytes: Int { FileStatus(at: path + "-wal")?.bytes ?? 0 }

    /// Where a master key lies that could be this store's.
    var masterKeys: [(path: String, status: FileStatus)] {
        masterKey.places.flatMap { place in [masterKeyID.map(place.beside), place.path].compactMap { $0 } }
            .compactMap { path in FileStatus(at: path, followingLinks: true).map { (path, $0) } }
    }
}
