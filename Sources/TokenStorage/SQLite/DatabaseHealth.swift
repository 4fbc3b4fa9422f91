internal import GRDB
internal import Glibc

/// What the engine itself can say about its file.
extension Database {
    /// The number of steps that made the schema.
    package func schemaVersion() throws -> Int { try read { try SchemaLedger.version($0) } }

    /// What is wrong with pages, indexes, types and constraints, a line each; nothing where all is well. Reads
    /// every page, in one snapshot: minutes on a large file.
    ///
    /// Throws `corrupt` where the damage is such that not even looking works, `io` where pages cannot be read.
    package func damage(atMost limit: Int) throws -> [String] {
        let faults = try read { transaction in
            var faults: [String] = []
            try transaction.forEach("PRAGMA integrity_check") { row in
                // One row may hold several lines.
                faults += try row.get(0, as: String.self).split(separator: "\n").map(String.init)
                return faults.count < limit
            }
            return faults == ["ok"] ? [] : Array(faults.prefix(limit))
        }
        // What SQLite could not read it counts among what is wrong.
        if !faults.isEmpty, let unreadable = try exclusively({ StorageError.unreadable(on: $0.sqliteConnection) }) {
            throw unreadable
        }
        return faults
    }

    /// Rows whose foreign key leads nowhere, counted by table.
    package func danglingReferences() throws -> [(table: String, rows: Int)] {
        try read { transaction in
            try transaction.rows(
                "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1"
            ).map { (try $0.get(0), try $0.get(1)) }
        }
    }

    /// How many rows a table ever had whose ids are never used twice (AUTOINCREMENT).
    package func rowsEverMade(in table: String) throws -> Int64 {
        try read { try $0.value("SELECT seq FROM sqlite_sequence WHERE name = \(table)", as: Int64.self) ?? 0 }
    }

    /// Bytes of the database file, without its log.
    package var bytes: Int { DatabaseFile.status(of: path).map { Int($0.st_size) } ?? 0 }
}
