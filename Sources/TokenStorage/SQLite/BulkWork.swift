internal import CSQLite
internal import GRDB

/// What a long piece of work in many small transactions needs of its connection.
extension Database {
    /// Runs `body` with a page cache of `cacheKiB`, commits that do not wait for the disk, and no checkpoint but those that
    /// `body` asks for; afterwards everything is as before.
    ///
    /// A commit in `body` survives a crash of the process at once, and one of the machine from the next checkpoint or the
    /// next ordinary commit on, of any process: they come after it in the same log, and the log is synced whole. So `body`
    /// does only what may be lost and done again, and an ordinary commit follows before anything is reported.
    package func inBulk<T>(cacheKiB: Int, _ body: () throws -> T) throws -> T {
        try set("PRAGMA synchronous = NORMAL; PRAGMA cache_size = \(-cacheKiB)")
        checkpointer.isAutomatic(false)
        let result = Result { try body() }
        checkpointer.isAutomatic(true)
        try set("PRAGMA synchronous = FULL; PRAGMA cache_size = \(-options.cacheKiB); PRAGMA shrink_memory")
        return try result.get()
    }

    private func set(_ pragmas: String) throws {
        try exclusively { database in try translatingErrors { try database.execute(sql: pragmas) } }
    }

    /// The size of the file, and how much of it is free.
    package func fileUsage() throws -> FileUsage {
        try read { transaction in
            FileUsage(
                pageBytes: try transaction.value("PRAGMA page_size") ?? 0,
                pages: try transaction.value("PRAGMA page_count") ?? 0,
                freePages: try transaction.value("PRAGMA freelist_count") ?? 0)
        }
    }
}

extension WriteTransaction {
    /// Gives about `count` free pages at the end of the file back to the file system: pages in use move from there into free
    /// ones. The file itself becomes shorter with the next checkpoint. Returns how many went.
    ///
    /// A file made without `auto_vacuum`, by another tool, gives none back.
    package func returnFreePages(about count: Int) throws -> Int {
        let before: Int = try value("PRAGMA page_count") ?? 0
        // A pragma takes no parameter.
        for _ in 0..<(count + 15) / 16 { try forEach("PRAGMA incremental_vacuum(16)") { _ in true } }
        return before - (try value("PRAGMA page_count") ?? before)
    }
}

/// How large a database file is.
package struct FileUsage: Sendable, Equatable {
    package var pageBytes: Int
    package var pages: Int
    /// Kept in the file for new rows.
    package var freePages: Int

    package var bytes: Int { pages * pageBytes }
    package var freeBytes: Int { freePages * pageBytes }
}
