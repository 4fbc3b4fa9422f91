import Testing
import TokenCrypto

@testable import TokenLifecycle

@Suite struct PublicIDTests {
    private let ids = PublicIDs(key: Array(0..<16))

    @Test func `every row has a public id of its own and comes back from it`() {
        for kind in PublicIDs.Kind.allCases {
            var seen: Set<String> = []
            let rows = Array(Int64(0)..<20_000) + (0..<2000).map { (1 << 40) - 1 - $0 * 524_287 }
            for row in rows {
                let text = ids.text(of: row, kind)
                #expect(seen.insert(text).inserted, "row \(row) shares \(text)")
                #expect(ids.row(of: text, kind) == row)
            }
        }
    }

    @Test func `ids are eight digits behind their kind, and neighbours do not look alike`() {
        let first = ids.text(of: 1, .session)
        let second = ids.text(of: 2, .session)
        #expect(first.hasPrefix("ses_") && first.count == 12)
        #expect(ids.text(of: 1, .family).hasPrefix("rt_"))
        #expect(zip(first, second).count { $0 != $1 } >= 4)
        #expect(ids.text(of: 1, .session).dropFirst(4) != ids.text(of: 1, .family).dropFirst(3))
    }

    @Test func `another store permutes otherwise`() {
        let other = PublicIDs(key: Array(1...16))
        let same = (0..<1000).count { ids.text(of: $0, .session) == other.text(of: $0, .session) }
        #expect(same == 0)
    }

    @Test func `what a person types is read as Crockford wants it`() throws {
        let row: Int64 = 77
        let text = ids.text(of: row, .session)
        #expect(ids.row(of: text.uppercased(), .session) == row)
        let withZero = try #require((1..<5000).first { ids.text(of: $0, .session).dropFirst(4).contains("0") })
        let typed = "ses_" + ids.text(of: withZero, .session).dropFirst(4).replacing("0", with: "o")
        #expect(ids.row(of: typed, .session) == withZero)
    }

    @Test(arguments: [
        "", "ses_", "ses_1234567", "ses_123456789", "rt_12345678", "12345678", "ses_1234567u", "ses_12 45678",
        "ses_é2345678",
        "ses_" + String(repeating: "0", count: 4000),
    ])
    func `text that is no id of the kind is none`(_ text: String) {
        #expect(ids.row(of: text, .session) == nil)
    }

    /// 40 bits hold a million logins so thinly that a slip of the finger meets none.
    @Test func `a typo finds nothing`() {
        let rows: Int64 = 5000
        var found = 0
        var tried = 0
        for row in stride(from: Int64(1), through: rows, by: 50) {
            var digits = Array(ids.text(of: row, .session))
            for position in 4..<12 {
                let kept = digits[position]
                for wrong in "0123456789abcdefghjkmnpqrstvwxyz" where wrong != kept {
                    digits[position] = wrong
                    tried += 1
                    if let other = ids.row(of: String(digits), .session), (1...rows).contains(other) { found += 1 }
                }
                digits[position] = kept
            }
        }
        #expect(tried == 100 * 8 * 31)
        #expect(found == 0)
    }
}
