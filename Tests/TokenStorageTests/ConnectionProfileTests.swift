import Testing

@testable import TokenStorage

/// Every setting, read back from connections as the product opens them.
@Suite struct ConnectionProfileTests {
    static let expected = [
        "journal_mode": "wal",
        "synchronous": "2",
        "foreign_keys": "1",
        "trusted_schema": "0",
        "defensive": "1",
        "writable_schema": "0",
        "load_extension": "0",
        "double_quoted_strings_ddl": "0",
        "double_quoted_strings_dml": "0",
        "mmap_size": "0",
        "secure_delete": "1",
        "temp_store": "2",
        "cell_size_check": "1",
        "cache_size": "-16384",
        "wal_autocheckpoint": "0",
        "auto_vacuum": "2",
        "application_id": "1952805748",
        "user_version": "2",
    ]

    @Test func `the connection that creates`() throws {
        let scratch = try Scratch()
        #expect(try create(scratch("db")).settings() == Self.expected)
    }

    @Test(arguments: [false, true])
    func `connections that open`(readOnly: Bool) throws {
        let scratch = try Scratch()
        try create(scratch("db")).close()
        let database = try open(scratch("db")) { $0.readOnly = readOnly }
        #expect(try database.settings() == Self.expected)
        _ = try database.count()
        #expect(try database.settings() == Self.expected, "also after a transaction")
    }

    @Test func `the cache is as large as asked for`() throws {
        let scratch = try Scratch()
        try create(scratch("db")).close()
        let settings = try open(scratch("db")) { $0.cacheKiB = 256 << 10 }.settings()
        #expect(settings["cache_size"] == "-262144")
    }

    @Test func `the schema cannot be written as a table, nor the file made unsafe`() throws {
        let scratch = try Scratch()
        let database = try create(scratch("db"))
        let written = failure {
            try database.write { transaction in
                // SQLite takes the first without a word; defensive mode refuses the second all the same.
                try transaction.execute("PRAGMA writable_schema = ON")
                try transaction.execute("UPDATE sqlite_schema SET sql = '' WHERE name = 'parent'")
            }
        }
        #expect(written?.kind == .bug)
        let loaded = failure { try database.read { try $0.row("SELECT load_extension('x')") } }
        #expect(loaded?.kind == .bug)
        try database.write { try $0.execute("PRAGMA journal_mode = OFF") }
        #expect(try database.settings()["journal_mode"] == "wal")
        #expect(try database.schemaDifferences(from: steps) == [])
    }

    @Test(arguments: [
        (3_040_001, true), (3_044_005, true), (3_044_006, false), (3_045_000, true), (3_050_006, true),
        (3_050_007, false), (3_051_002, true), (3_051_003, false), (3_052_000, false),
    ])
    func `versions with the bug of the write-ahead log are known`(version: Int, isAffected: Bool) {
        #expect(SQLiteLibrary.hasWALResetBug(version: version) == isAffected)
    }
}
