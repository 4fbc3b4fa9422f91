internal import CSQLite
internal import GRDB

/// The settings of every connection, and how each is read back.
///
/// SQLite's defaults are those of 2004, and distributions build it with their own: nothing here is left to either.
enum ConnectionProfile {
    private static let flags: [(name: String, code: Int32, isOn: Bool)] = [
        // The schema cannot be written as a table, and nothing can make the file unreadable.
        ("defensive", SQLITE_DBCONFIG_DEFENSIVE, true),
        ("writable_schema", SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
        // A doctored schema cannot call functions with side effects.
        ("trusted_schema", SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        ("load_extension", SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false),
        // "name" is never quietly a string when no such column exists.
        ("double_quoted_strings_ddl", SQLITE_DBCONFIG_DQS_DDL, false),
        ("double_quoted_strings_dml", SQLITE_DBCONFIG_DQS_DML, false),
        ("foreign_keys", SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ]

    /// Durable on return from COMMIT; no mapped memory, where an I/O error would be a signal; deleted content overwritten.
    private static let pragmas = """
        PRAGMA synchronous = FULL;
        PRAGMA mmap_size = 0;
        PRAGMA secure_delete = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cell_size_check = ON;
        """

    static func apply(to database: GRDB.Database, cacheKiB: Int) throws {
        let connection = database.sqliteConnection
        for flag in flags {
            let code = csqlite_set_flag(connection, flag.code, flag.isOn ? 1 : 0)
            guard code == SQLITE_OK else { throw StorageError(sqlite: code, "cannot set \(flag.name)") }
        }
        // Passive checkpoints can lose a commit in older SQLite (see Checkpointer): never by itself.
        sqlite3_wal_autocheckpoint(connection, 0)
        try database.execute(sql: pragmas + "PRAGMA cache_size = \(-cacheKiB)")
    }

    /// The settings in force, by name, with SQLite's own numbers.
    static func read(from database: GRDB.Database) throws -> [String: String] {
        var settings: [String: String] = [:]
        for flag in flags {
            settings[flag.name] = String(csqlite_flag(database.sqliteConnection, flag.code))
        }
        let pragmas = [
            "journal_mode", "synchronous", "mmap_size", "secure_delete", "temp_store", "cell_size_check", "cache_size",
            "wal_autocheckpoint", "auto_vacuum", "application_id", "user_version", "foreign_keys", "trusted_schema",
        ]
        for pragma in pragmas {
            settings[pragma] = try String.fetchOne(database, sql: "PRAGMA \(pragma)")
        }
        return settings
    }
}
