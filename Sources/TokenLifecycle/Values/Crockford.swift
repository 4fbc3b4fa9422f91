/// Crockford's base32 in lower case: no `i l o u`, so what is read over a phone can be typed, and a double click takes
/// the whole of it.
package enum Crockford {
    private static let alphabet: [UInt8] = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Digit values by byte, 255 for what is no digit.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, digit) in alphabet.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }()

    /// Five bits a digit, the last one padded with zero bits.
    package static func encode(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity((bytes.count * 8 + 4) / 5)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                digits.append(alphabet[Int(buffer >> bits & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { digits.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The bytes, or nil for another length, a foreign digit or padding bits that are not zero.
    package static func decode(_ digits: some Collection<UInt8>, count: Int) -> [UInt8]? {
        guard digits.count == (count * 8 + 4) / 5 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value != 255 else { return nil }
            buffer = buffer << 5 | UInt32(value)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> bits & 255))
                buffer &= (1 << bits) - 1
            }
        }
        return buffer == 0 ? bytes : nil
    }

    /// What a person may have typed for a digit, as Crockford wants it read: any case, `o` as 0, `i` and `l` as 1.
    package static func forgiving(_ text: some StringProtocol) -> [UInt8] {
        text.lowercased().utf8.map { digit in
            switch digit {
            case UInt8(ascii: "o"): UInt8(ascii: "0")
            case UInt8(ascii: "i"), UInt8(ascii: "l"): UInt8(ascii: "1")
            default: digit
            }
        }
    }
}
