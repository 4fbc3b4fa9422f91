internal import CSQLite
internal import GRDB

extension Database {
    /// Runs `body` while the tables of another database, which nobody writes meanwhile, can be read as `beside.TABLE` in this
    /// connection's transactions.
    ///
    /// Throws as opening does, or what `body` throws.
    package func attaching<T>(_ path: String, _ body: () throws -> T) throws -> T {
        let file = try DatabaseFile(path)
        try file.requireRegularFile()
        // As it lies: nothing is laid beside it, and beginning to write here begins nothing there.
        let name = FileAtRest.uri(of: file) ?? file.path
        try exclusively { database in
            try translatingErrors { try database.execute(sql: "ATTACH DATABASE ? AS beside", arguments: [name]) }
        }
        let result = Result { try body() }
        try exclusively { database in
            try translatingErrors { try database.execute(sql: "DETACH DATABASE beside") }
        }
        return try result.get()
    }
}
