import Testing

@testable import TokenStorage

@Suite struct SQLTests {
    @Test func `interpolation binds and never splices`() {
        let name = "x'; DROP TABLE parent; --"
        let sql: SQL = "SELECT id FROM parent WHERE name = \(name) AND id > \(3)"
        #expect(sql.text == "SELECT id FROM parent WHERE name = $1 AND id > $2")
        #expect(sql.values == [.text(name), .integer(3)])
    }

    @Test func `every bindable type becomes its storage class`() {
        let missing: String? = nil
        let sql: SQL =
            "\(1)\(Int64.min)\(true)\(false)\(1.5)\("t")\([UInt8]([7]))\(missing)\(Int?.some(4))\(SQLValue.null)"
        #expect(
            sql.values == [
                .integer(1), .integer(.min), .integer(1), .integer(0), .real(1.5), .text("t"), .blob([7]), .null,
                .integer(4), .null,
            ])
    }

    @Test func `concatenation numbers the parameters on, past nine as well`() {
        var sql: SQL = "SELECT \(0)"
        for value in 1..<12 {
            sql += ", \(value)"
        }
        let joined: SQL = "WITH a AS (SELECT \("first")) " + sql + " WHERE \(99)"
        #expect(
            joined.text
                == "WITH a AS (SELECT $1) SELECT $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 WHERE $14")
        #expect(joined.values == [.text("first")] + (0..<12).map { .integer($0) } + [.integer(99)])
    }

    @Test func `a fragment inside a statement keeps its values in order`() {
        let condition: SQL = "a = \(1) AND b = \("é")"
        let sql: SQL = "SELECT \("ü") WHERE (\(condition)) AND c = \(2)"
        #expect(sql.text == "SELECT $1 WHERE (a = $2 AND b = $3) AND c = $4")
        #expect(sql.values == [.text("ü"), .integer(1), .text("é"), .integer(2)])
        #expect(sql.isStable)
    }

    @Test func `a list is parameters in parentheses`() {
        let sql: SQL = "SELECT 1 WHERE a = \(0) AND b IN \(SQL.list(["x", "y"]))"
        #expect(sql.text == "SELECT 1 WHERE a = $1 AND b IN ($2, $3)")
        #expect(sql.values == [.integer(0), .text("x"), .text("y")])
        #expect(!sql.isStable)
    }

    @Test func `an empty list holds nothing and excludes nothing`() throws {
        let scratch = try Scratch()
        let database = try create(scratch("db"))
        let none = SQL.list([Int]())
        let rows = try database.read { try $0.row("SELECT 1 IN \(none), 1 NOT IN \(none)") }
        #expect(rows?.values == [.integer(0), .integer(1)])
    }

    @Test func `raw text is a literal of the program`() {
        let sql: SQL = "SELECT id FROM parent ORDER BY \(raw: "name DESC") LIMIT \(5)"
        #expect(sql.text == "SELECT id FROM parent ORDER BY name DESC LIMIT $1")
    }
}
