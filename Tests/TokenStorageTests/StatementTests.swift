import Testing

@testable import TokenStorage

@Suite struct StatementTests {
    let scratch: Scratch
    let database: Database

    init() throws {
        scratch = try Scratch()
        database = try create(scratch("db"))
    }

    @Test func `values come back as they went in`() throws {
        let texts = ["", "plain", "naïve ✓ 🗝", "'; --", String(repeating: "x", count: 100_000)]
        let values: [SQLValue] =
            texts.map { .text($0) } + [
                .null, .integer(.min), .integer(.max), .real(-0.5), .blob([]), .blob([0, 255, 0]),
            ]
        for value in values {
            #expect(try database.read { try $0.row("SELECT \(value)")?.values } == [value])
        }
    }

    @Test func `text with NUL is refused before it is bound`() throws {
        let error = failure {
            try database.write { try $0.execute("INSERT INTO parent (name) VALUES (\("admin\0x"))") }
        }
        #expect(error?.kind == .malformed)
        #expect(error?.message.contains("admin") == false)
        #expect(try database.read { try $0.value("SELECT count(*) FROM parent", as: Int.self) } == 0)
    }

    @Test func `text that is not UTF-8 is corrupt`() {
        let error = failure {
            try database.read { _ = try $0.value("SELECT CAST(x'ff' AS TEXT) AS word", as: String.self) }
        }
        #expect(error?.kind == .corrupt)
        #expect(error?.message == "column word: the text is not UTF-8")
    }

    @Test func `execute counts the rows it changed, and returning gives them`() throws {
        try database.write { transaction in
            #expect(try transaction.execute("INSERT INTO parent (name) VALUES ('a'), ('b'), ('c')") == 3)
            #expect(try transaction.execute("UPDATE parent SET name = name || '!' WHERE id > 1") == 2)
            #expect(try transaction.execute("DELETE FROM parent WHERE id = 99") == 0)
            let row = try transaction.row("INSERT INTO parent (name) VALUES (\("d")) RETURNING id, name")
            #expect(row?.values == [.integer(4), .text("d")])
            #expect(try transaction.row("UPDATE parent SET name = 'z' WHERE id = 99 RETURNING id") == nil)
        }
        #expect(try database.read { try $0.rows("SELECT id FROM parent") }.count == 4)
    }

    @Test func `a foreign key that dangles refuses a returning insert too`() throws {
        let error = failure {
            try database.write { try $0.row("INSERT INTO child (parent_id) VALUES (12345) RETURNING id") }
        }
        #expect(error?.kind == .constraint)
        #expect(try database.read { try $0.value("SELECT count(*) FROM child", as: Int.self) } == 0)
    }

    @Test func `a constraint is named, the value is not`() throws {
        let error = failure {
            try database.write { transaction in
                try transaction.execute("INSERT INTO parent (name) VALUES (\("hunter2"))")
                try transaction.execute("INSERT INTO parent (name) VALUES (\("hunter2"))")
            }
        }
        #expect(error?.kind == .constraint)
        #expect(error?.message.contains("parent.name") == true)
        #expect(error?.message.contains("hunter2") == false)
        #expect(error?.sql == "INSERT INTO parent (name) VALUES ($1)")
    }

    @Test func `strict tables refuse another type`() {
        let error = failure {
            try database.write { try $0.execute("INSERT INTO parent (id, name) VALUES (1, x'00')") }
        }
        #expect(error?.kind == .constraint)
    }

    @Test func `rows stream until the reader has enough`() throws {
        let endless: SQL = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
        var seen: [Int] = []
        try database.read { transaction in
            try transaction.forEach(endless) { row in
                seen.append(try row.get(0))
                return seen.count < 4
            }
        }
        #expect(seen == [1, 2, 3, 4])
    }

    @Test func `a statement may be asked again from within its own loop`() throws {
        let numbers: SQL = "SELECT 1 AS n UNION ALL SELECT 2 ORDER BY n"
        var pairs: [[Int]] = []
        try database.read { transaction in
            try transaction.forEach(numbers) { outer in
                try transaction.forEach(numbers) { inner in
                    pairs.append([try outer.get("n"), try inner.get("n")])
                    return true
                }
                return true
            }
        }
        #expect(pairs == [[1, 1], [1, 2], [2, 1], [2, 2]])
    }

    @Test func `wrong sql is a bug that names the token`() {
        let error = failure { try database.read { _ = try $0.row("SELECT nonsense FROM parent") } }
        #expect(error?.kind == .bug)
        #expect(error?.message.contains("nonsense") == true)
        let quoted = failure { try database.read { _ = try $0.row("SELECT \"nonsense\"") } }
        #expect(quoted?.kind == .bug, "a double-quoted string must not be text")
        let loose = failure { try database.read { _ = try $0.row("SELECT ?") } }
        #expect(loose?.kind == .bug)
        let two = failure { try database.write { try $0.execute("DELETE FROM child; DELETE FROM parent") } }
        #expect(two?.kind == .bug)
    }

    @Test func `the plan says which index serves`() throws {
        let indexed = try database.read { try $0.queryPlan("SELECT id FROM child WHERE parent_id = \(1)") }
        #expect(indexed.count == 1)
        #expect(indexed.first?.contains("child_by_parent") == true)
        let scanned = try database.read { try $0.queryPlan("SELECT id FROM child ORDER BY amount") }
        #expect(scanned.contains { $0.contains("SCAN") } && scanned.contains { $0.contains("TEMP B-TREE") })
    }
}
