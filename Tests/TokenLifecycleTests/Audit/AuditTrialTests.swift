import Testing
import TokenStorage

@testable import TokenLifecycle

/// Thousands of ways to tamper with a record, each found where it was done.
@Suite struct AuditTrialTests {
    /// The rows of a real record, with everything an event can have.
    private static let rows = Result { () throws -> (storeID: String, rows: [Row]) in
        let test = try TestStore()
        for user in ["alice", "böb", "carol \"c\"", "d\\e", "", "日本"] where !user.isEmpty {
            try test.logIn(user)
            test.advance(.minutes(1))
            try test.run(UserLogout([user], reason: user.first == "c" ? nil : "INC-\(user)"))
        }
        try test.set("access.ttl", "5m")
        try test.rotate()
        return try test.read { reader in
            (
                reader.facts.storeID,
                try reader.sql.rows("SELECT " + AuditEvent.columns + " FROM audit_event ORDER BY seq")
            )
        }
    }

    private func verify(_ rows: [Row]) throws -> AuditVerification {
        var verification = AuditVerification(of: try Self.rows.get().storeID)
        for row in rows where !verification.take(row) { break }
        return verification
    }

    private func checkpoint(of verification: AuditVerification) throws -> AuditCheckpoint.Comparison {
        let storeID = try Self.rows.get().storeID
        let seen = AuditCheckpoint(
            store: storeID, epoch: 1, at: .t0, size: verification.events, head: verification.head)
        return AuditCheckpoint.Comparison(seen, storeID: storeID)
    }

    /// One byte of one column changed, taken away or put in, also where that gives no valid text, or another type, which STRICT
    /// refuses and an editor of files does not; nil where it changes nothing.
    private func edited(_ value: SQLValue, _ random: inout SeededRandom) -> SQLValue? {
        func edit(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.insert(UInt8.random(in: 32...126, using: &random), at: place)
            case 1 where place < bytes.count: bytes.remove(at: place)
            default:
                if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            }
            return bytes
        }
        let changed: SQLValue? =
            switch value {
            case .integer(let integer): .integer(integer ^ 1 << Int64.random(in: 0..<64, using: &random))
            case .text(let text) where Int.random(in: 0..<20, using: &random) == 0: .blob(Array(text.utf8))
            case .text(let text): asText(edit(Array(text.utf8)))
            case .blob(let bytes): Bool.random(using: &random) ? .blob(edit(bytes)) : asText(bytes)
            case .null: .text(String(UnicodeScalar(UInt8.random(in: 32...126, using: &random))))
            case .real, .malformedText: nil
            }
        return changed == value ? nil : changed
    }

    /// As SQLite gives such bytes where the class says text.
    private func asText(_ bytes: [UInt8]) -> SQLValue {
        String(validating: bytes, as: UTF8.self).map(SQLValue.text) ?? .malformedText(bytes)
    }

    @Test func `any byte that is changed, added or taken away is found where it is`() throws {
        let rows = try Self.rows.get().rows
        #expect(try verify(rows).broken == nil && rows.count == 10)
        var random = SeededRandom(481)
        var trials = 0
        var malformed = 0
        while trials < 10_000 {
            let (row, column) = (
                Int.random(in: 0..<rows.count, using: &random), Int.random(in: 0..<9, using: &random)
            )
            guard let value = edited(rows[row].values[column], &random) else { continue }
            trials += 1
            if case .malformedText = value { malformed += 1 }
            var values = rows[row].values
            values[column] = value
            var tampered = rows
            tampered[row] = Row(columns: rows[row].columns, values: values)
            let broken = try #require(try verify(tampered).broken, "column \(column) of event \(row + 1): \(value)")
            // An event whose sequence was edited is told by the number it now has.
            if column != 0 { #expect(broken.seq == Int64(row + 1), "column \(column): \(value)") }
        }
        #expect(malformed > 300, "bytes that are no text are among them")
    }

    @Test func `any event deleted, inserted, repeated or moved is found where it is`() throws {
        let rows = try Self.rows.get().rows
        let sound = try checkpoint(of: verify(rows))
        var random = SeededRandom(482)
        for trial in 0..<10_000 {
            var tampered = rows
            let place = Int.random(in: 0..<rows.count, using: &random)
            let other = Int.random(in: 0..<rows.count, using: &random)
            switch trial % 4 {
            case 0: tampered.remove(at: place)
            case 1: tampered.insert(rows[other], at: place)
            case 2: tampered.insert(numbered(rows[other], Int64(place + 1)), at: place)
            default: tampered.swapAt(place, other)
            }
            // Half of them renumber what follows, as a careful forger would.
            if trial % 8 > 3 { tampered = tampered.enumerated().map { numbered($1, Int64($0 + 1)) } }
            guard tampered.map(\.values) != rows.map(\.values) else { continue }
            var comparison = sound
            let verification = try verify(tampered, watched: &comparison)
            let first = zip(tampered, rows).prefix { $0.values == $1.values }.count
            if tampered.count < rows.count, first == tampered.count {
                // Only the newest are gone: what a chain cannot see, a checkpoint does.
                #expect(verification.broken == nil)
                #expect(comparison.objection(atEnd: verification)?.seq == Int64(tampered.count + 1))
            } else {
                let broken = try #require(verification.broken, "trial \(trial)")
                #expect(verification.events == Int64(first), "found at the first that differs; told as \(broken.seq)")
            }
        }
    }

    @Test func `a checkpoint of another store vouches for none of this, whatever it saw`() throws {
        let (storeID, rows) = try Self.rows.get()
        let end = try verify(rows)
        for (store, agrees) in [(storeID, true), ("another", false)] {
            let seen = AuditCheckpoint(store: store, epoch: 1, at: .t0, size: end.events, head: end.head)
            var comparison = AuditCheckpoint.Comparison(seen, storeID: storeID)
            comparison.see(end)
            #expect((comparison.objection(atEnd: end) == nil) == agrees)
        }
    }

    /// Its hashes follow, so only the times tell that somebody put the events together.
    @Test func `an event earlier than the one before it is found`() throws {
        let (storeID, rows) = try Self.rows.get()
        var event = try AuditEvent(rows[rows.count - 1])
        event.at = try AuditEvent(rows[rows.count - 2]).at - .ms
        event.hash = event.chained(to: try verify(rows.dropLast()).head)
        var values = rows[rows.count - 1].values
        (values[1], values[8]) = (.integer(event.at.milliseconds), .blob(event.hash))
        var verification = AuditVerification(of: storeID)
        for row in rows.dropLast() where !verification.take(row) { break }
        let follows = verification.take(Row(columns: rows[0].columns, values: values))
        #expect(!follows && verification.broken?.seq == Int64(rows.count))
        #expect(verification.broken?.what.contains("earlier") == true)
    }

    /// Whoever can write the file can compute hashes too.
    @Test func `a record rewritten from any event on is sound in itself, and not what the checkpoint saw`() throws {
        let (storeID, rows) = try Self.rows.get()
        let sound = try checkpoint(of: verify(rows))
        for start in rows.indices {
            var forged = AuditVerification(of: storeID)
            var tampered: [Row] = []
            for (index, row) in rows.enumerated() {
                var event = try AuditEvent(row)
                if index >= start { event.reason = "nothing happened" }
                event.hash = event.chained(to: forged.head)
                var values = row.values
                (values[6], values[8]) = (event.reason.map(SQLValue.text) ?? .null, .blob(event.hash))
                tampered.append(Row(columns: row.columns, values: values))
                let follows = forged.take(tampered[index])
                #expect(follows)
            }
            var comparison = sound
            let verification = try verify(tampered, watched: &comparison)
            #expect(verification.broken == nil)
            #expect(comparison.objection(atEnd: verification)?.seq == Int64(rows.count))
        }
    }

    private func verify(
        _ rows: [Row], watched comparison: inout AuditCheckpoint.Comparison
    ) throws -> AuditVerification {
        var verification = AuditVerification(of: try Self.rows.get().storeID)
        for row in rows {
            guard verification.take(row) else { break }
            comparison.see(verification)
        }
        return verification
    }

    private func numbered(_ row: Row, _ seq: Int64) -> Row {
        Row(columns: row.columns, values: [.integer(seq)] + row.values.dropFirst())
    }
}
