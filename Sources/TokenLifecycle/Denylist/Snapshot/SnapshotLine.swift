/// A rule as `SnapshotWriter` spells it: read as bytes, because a tree of JSON for each of a million rules takes seconds.
///
/// Any other spelling is nil here, and then read as JSON: what this accepts, that reads the same.
struct SnapshotLine {
    private var rest: ArraySlice<UInt8>

    static func rule(_ line: ArraySlice<UInt8>) -> SnapshotRule? {
        var line = SnapshotLine(rest: line)
        guard line.skip("{\"scope\":\""), let scope = line.word(), line.skip(",\"value\":\""), let value = line.word(),
            line.skip(",\"issued_until\":"), let issued = line.seconds(), line.skip(",\"matches_until\":"),
            let until = line.seconds(), line.skip("}"), line.rest.isEmpty
        else { return nil }
        return DenyScope(rawValue: scope).map {
            SnapshotRule($0, value, issuedUntil: issued, matchesUntil: until)
        }
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard rest.starts(with: expected) else { return false }
        rest = rest.dropFirst(expected.count)
        return true
    }

    /// Until the closing quote, and it: plain ASCII without escapes.
    private mutating func word() -> String? {
        guard
            let end = rest.firstIndex(where: { $0 < 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\\") || $0 == 0x22 }),
            rest[end] == 0x22
        else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    /// The outer nil: not a time. Ten digits at most, so it is one that a token may have.
    private mutating func seconds() -> Int64?? {
        if skip("null") { return .some(nil) }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...10).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            return nil
        }
        rest = rest[digits.endIndex...]
        return digits.reduce(0 as Int64) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
}
