import Testing

@testable import TokenStorage

@Suite struct RowTests {
    let row = Row(
        columns: ["number", "word", "nothing", "bytes", "number"],
        values: [.integer(7), .text("secret"), .null, .blob([1, 2]), .integer(8)])

    @Test func `values are read by position and by name`() throws {
        #expect(try row.get(0, as: Int.self) == 7)
        #expect(try row.get("word", as: String.self) == "secret")
        #expect(try row.get("nothing", as: Int?.self) == nil)
        #expect(try row.get("number", as: Int?.self) == 7)
        #expect(try row.get("bytes", as: [UInt8].self) == [1, 2])
        #expect(try row.get(4, as: Int64.self) == 8)
    }

    @Test func `another type is corrupt, named by column and without the value`() {
        let error = failure { _ = try row.get("word", as: Int.self) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message == "column word: expected integer, found text")
    }

    /// No SQL without -vv: a result that is computed is named by SQLite after its expression.
    @Test(arguments: [
        ("alive_until", "alive_until"), ("min(floor_at)", "floor_at"), ("coalesce(sql, '')", "sql"),
        ("(SELECT max(a.seq) FROM audit_event a)", "seq"), ("coalesce('x y', s.ip)", "ip"),
        ("count(*)", "of a computed value"),
    ])
    func `a column is named plainly`(name: String, plain: String) {
        let error = failure { _ = try Row(columns: [name], values: [.malformedText([0xFF])]).get(0, as: String.self) }
        #expect(error?.message == "column \(plain): the text is not UTF-8")
    }

    @Test(arguments: [
        (SQLValue.null, "expected integer, found null"), (.real(1), "expected integer, found real"),
        (.integer(2), "expected 0 or 1, found another integer"),
    ])
    func `a boolean is 0 or 1`(value: SQLValue, message: String) throws {
        #expect(try Bool(sqlValue: .integer(1)))
        #expect(try !Bool(sqlValue: .integer(0)))
        #expect(failure { _ = try Bool(sqlValue: value) }?.message == message)
    }

    @Test func `nothing is converted`() {
        #expect(failure { _ = try String(sqlValue: .integer(1)) }?.kind == .corrupt)
        #expect(failure { _ = try Int(sqlValue: .text("1")) }?.kind == .corrupt)
        #expect(failure { _ = try Double(sqlValue: .integer(1)) }?.kind == .corrupt)
        #expect(failure { _ = try [UInt8](sqlValue: .text("a")) }?.kind == .corrupt)
        #expect(failure { _ = try Int?(sqlValue: .text("1")) }?.kind == .corrupt)
    }

    @Test func `a column that is not there is a bug`() {
        #expect(failure { _ = try row.get("nowhere", as: Int.self) }?.kind == .bug)
        #expect(failure { _ = try row.get(5, as: Int.self) }?.kind == .bug)
        #expect(failure { _ = try row.get(-1, as: Int.self) }?.kind == .bug)
    }
}
