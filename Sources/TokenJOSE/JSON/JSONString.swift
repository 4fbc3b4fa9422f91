/// A checked string literal: where its content lies, and whether it has escapes to undo.
struct JSONString {
    /// Without the quotes.
    let range: Range<Int>
    private let hasEscapes: Bool

    /// Checks the literal whose opening quote is at `start`. The bytes are known to be UTF-8.
    init(in bytes: UnsafeRawBufferPointer, openingAt start: Int) throws(JSONError) {
        var position = start + 1
        var hasEscapes = false
        while true {
            guard position < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                range = start + 1..<position
                self.hasEscapes = hasEscapes
                return
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position = try Self.endOfEscape(in: bytes, at: position)
            case 0x00..<0x20: throw JSONError(reason: .controlCharacter, offset: position)
            default: position += 1
            }
        }
    }

    func text(in bytes: UnsafeRawBufferPointer) -> String {
        let content = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard hasEscapes else { return String(decoding: content, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var position = 0
        while position < content.count {
            guard content[position] == UInt8(ascii: "\\") else {
                text.append(content[position])
                position += 1
                continue
            }
            if let plain = Self.shortEscape(content[position + 1]) {
                text.append(plain)
                position += 2
                continue
            }
            let (scalar, length) = Self.scalar(in: content, at: position)
            text.append(contentsOf: String(scalar).utf8)
            position += length
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func endOfEscape(in bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw JSONError(reason: .unexpectedEnd, offset: start + 1) }
        if shortEscape(bytes[start + 1]) != nil { return start + 2 }
        guard let first = codeUnit(in: bytes, at: start) else { throw JSONError(reason: .invalidEscape, offset: start) }
        guard UTF16.isSurrogate(first) else { return start + 6 }
        guard UTF16.isLeadSurrogate(first), let second = codeUnit(in: bytes, at: start + 6),
            UTF16.isTrailSurrogate(second)
        else { throw JSONError(reason: .loneSurrogate, offset: start) }
        return start + 12
    }

    /// The scalar of a `\u` escape or pair that `endOfEscape` has passed, and how many bytes it takes.
    private static func scalar(in bytes: UnsafeRawBufferPointer, at start: Int) -> (Unicode.Scalar, Int) {
        let first = codeUnit(in: bytes, at: start) ?? 0
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        let second = codeUnit(in: bytes, at: start + 6) ?? 0
        return (UTF16.decode(UTF16.EncodedScalar([first, second])), 12)
    }

    private static func shortEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The four digits of `\uXXXX` at `start`; nil when something else is there.
    private static func codeUnit(in bytes: UnsafeRawBufferPointer, at start: Int) -> UInt16? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[start + 2..<start + 6] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
