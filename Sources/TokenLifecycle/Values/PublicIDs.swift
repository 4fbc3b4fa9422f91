internal import TokenCrypto

/// The public form of row ids: the row's integer through a keyed permutation of 40 bits, in Crockford base32.
///
/// An obfuscation, not a secret: it hides counts and order, and spreads the ids so thin that a typo finds nothing
/// instead of someone else's login. A Feistel network, so a bijection whatever its rounds do.
package struct PublicIDs: Sendable {
    package enum Kind: UInt8, CaseIterable, Sendable {
        case session = 1
        case family = 2

        package var prefix: String {
            switch self {
            case .session: "ses_"
            case .family: "rt_"
            }
        }
    }

    /// The rows that have a public form.
    static let numbers: ClosedRange<Int64> = 1...(1 << 40) - 1

    private static let half: UInt64 = (1 << 20) - 1
    private let rounds: [[UInt64]]

    package init(key: [UInt8]) {
        rounds = Kind.allCases.map { kind in
            (0..<6).map { round in
                SHA256.hash(key + [kind.rawValue, UInt8(round)]).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            }
        }
    }

    /// The public id of a row that was read. Fails with `.untrusted` where it could be another's as well.
    func known(_ row: Int64, _ kind: Kind) throws(Failure) -> String {
        guard Self.numbers.contains(row) else {
            throw .disagreement("the number \(row) is none that a login can have")
        }
        return text(of: row, kind)
    }

    package func text(of row: Int64, _ kind: Kind) -> String {
        kind.prefix + Crockford.encode(Self.bytes(of: permuted(row, kind)))
    }

    /// The row behind a public id, or nil where the text cannot be one of ours.
    package func row(of text: String, _ kind: Kind) -> Int64? {
        guard text.count < 32, text.lowercased().hasPrefix(kind.prefix) else { return nil }
        let digits = Crockford.forgiving(text.dropFirst(kind.prefix.count))
        guard let bytes = Crockford.decode(digits, count: 5) else { return nil }
        return restored(bytes.reduce(0) { $0 << 8 | UInt64($1) }, kind)
    }

    /// The 40-bit number that stands for a row, as five bytes.
    static func bytes(of number: UInt64) -> [UInt8] {
        (0..<5).map { UInt8(truncatingIfNeeded: number >> (32 - 8 * UInt64($0))) }
    }

    func permuted(_ row: Int64, _ kind: Kind) -> UInt64 {
        var left = UInt64(truncatingIfNeeded: row) >> 20 & Self.half
        var right = UInt64(truncatingIfNeeded: row) & Self.half
        for key in rounds[Int(kind.rawValue) - 1] { (left, right) = (right, left ^ Self.mixed(right, key)) }
        return right << 20 | left
    }

    func restored(_ number: UInt64, _ kind: Kind) -> Int64 {
        var right = number >> 20 & Self.half
        var left = number & Self.half
        for key in rounds[Int(kind.rawValue) - 1].reversed() { (left, right) = (right ^ Self.mixed(left, key), left) }
        return Int64(left << 20 | right)
    }

    /// 20 bits that depend on every bit of the half and of the key.
    private static func mixed(_ half: UInt64, _ key: UInt64) -> UInt64 {
        var x = half &+ key
        x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
        return (x ^ x >> 31) & Self.half
    }
}
