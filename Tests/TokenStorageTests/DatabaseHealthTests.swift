import Foundation
import Testing

@testable import TokenStorage

@Suite struct DatabaseHealthTests {
    @Test func `a sound file has nothing wrong with it`() throws {
        let scratch = try Scratch()
        let database = try create(scratch("db"))
        #expect(try database.damage(atMost: 5) == [])
        #expect(try database.danglingReferences().isEmpty)
        #expect(try database.schemaVersion() == 2)
    }

    /// One byte of one row: it now refers to a parent that is not there, and its index still says the old one.
    @Test func `a changed byte is found by what it contradicts`() throws {
        let scratch = try Scratch()
        let database = try create(scratch("db"))
        let marker = Array("a row to be damaged".utf8)
        try database.write { transaction in
            try transaction.execute("INSERT INTO parent VALUES (42, 'p')")
            try transaction.execute("INSERT INTO child VALUES (1, 42, 1.5, \(marker))")
        }
        try database.close()
        var bytes = try #require(try scratch.contents()["db"])
        let row = try #require(bytes.range(of: Data(marker)))
        // In front of the blob lie the eight bytes of 1.5, and in front of them the parent.
        #expect(bytes[row.lowerBound - 9] == 42)
        bytes[row.lowerBound - 9] = 43
        try bytes.write(to: URL(fileURLWithPath: scratch("db")))
        let damaged = try open(scratch("db")) { $0.readOnly = true }
        let references = try damaged.danglingReferences()
        #expect(references.map(\.table) == ["child"] && references.map(\.rows) == [1])
        #expect(try damaged.damage(atMost: 5).contains { $0.contains("child_by_parent") })
        #expect(try damaged.damage(atMost: 1).count == 1)
    }

    @Test func `an altered schema opens for whoever wants to say what was altered, and for nobody else`() throws {
        let scratch = try Scratch()
        let database = try create(scratch("db"))
        try database.write { _ = try $0.execute("CREATE TABLE intruder (x)") }
        try database.close()
        let curious = try open(scratch("db")) {
            $0.readOnly = true
            $0.acceptsAlteredSchema = true
        }
        #expect(try curious.schemaDifferences(from: steps) == ["table intruder is not ours"])
        #expect(failure { _ = try open(scratch("db")) { $0.acceptsAlteredSchema = true } }?.kind == .schemaAltered)
    }
}
