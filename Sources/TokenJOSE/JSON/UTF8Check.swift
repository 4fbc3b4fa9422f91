/// Strict UTF-8 (Unicode 3.9, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    static func firstInvalidByte(in bytes: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while position < bytes.count {
            // Most text is ASCII: eight bytes in one look.
            while position + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
            }
            guard position < bytes.count else { return nil }
            let lead = bytes[position]
            guard lead >= 0x80 else {
                position += 1
                continue
            }
            guard let (length, second) = following(lead), position + length <= bytes.count,
                second.contains(bytes[position + 1]),
                bytes[position + 2..<max(position + 2, position + length)].allSatisfy({ $0 & 0xc0 == 0x80 })
            else { return position }
            position += length
        }
        return nil
    }

    /// How long the sequence that begins so is, and what its second byte may be.
    private static func following(_ lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch lead {
        case 0xc2...0xdf: (2, 0x80...0xbf)
        case 0xe0: (3, 0xa0...0xbf)
        case 0xed: (3, 0x80...0x9f)
        case 0xe1...0xef: (3, 0x80...0xbf)
        case 0xf0: (4, 0x90...0xbf)
        case 0xf1...0xf3: (4, 0x80...0xbf)
        case 0xf4: (4, 0x80...0x8f)
        default: nil
        }
    }
}
