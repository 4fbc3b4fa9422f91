/// Why a text is not JSON that we read, and where: `offset` counts bytes from its beginning.
package struct JSONError: Error, Equatable, Sendable {
    package let reason: Reason
    package let offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package enum Reason: String, Sendable, CaseIterable {
        case tooLarge = "too_large"
        case nestingTooDeep = "nesting_too_deep"
        case empty = "empty"
        case byteOrderMark = "byte_order_mark"
        case invalidUTF8 = "invalid_utf8"
        case unexpectedEnd = "unexpected_end"
        /// A byte that nothing can begin or go on with here: NaN, comments, single quotes, bare words.
        case unexpectedByte = "unexpected_byte"
        case trailingComma = "trailing_comma"
        case trailingBytes = "trailing_bytes"
        case duplicateMember = "duplicate_member"
        case controlCharacter = "control_character"
        case invalidEscape = "invalid_escape"
        case loneSurrogate = "lone_surrogate"
        case leadingZero = "leading_zero"
        case invalidNumber = "invalid_number"
        /// A number beyond what a double can hold; others would read infinity.
        case numberOutOfRange = "number_out_of_range"
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        let what =
            switch reason {
            case .tooLarge: "the text is too large"
            case .nestingTooDeep: "nested too deeply"
            case .empty: "nothing there"
            case .byteOrderMark: "a byte order mark"
            case .invalidUTF8: "not UTF-8"
            case .unexpectedEnd: "the text ends too early"
            case .unexpectedByte: "an unexpected character"
            case .trailingComma: "a comma with nothing after it"
            case .trailingBytes: "more after the end"
            case .duplicateMember: "the same member twice"
            case .controlCharacter: "an unescaped control character"
            case .invalidEscape: "an unknown escape"
            case .loneSurrogate: "half of a surrogate pair"
            case .leadingZero: "a number with a leading zero"
            case .invalidNumber: "a malformed number"
            case .numberOutOfRange: "a number out of range"
            }
        return "\(what) at byte \(offset)"
    }
}

/// How much a text may ask of its reader.
package struct JSONLimits: Sendable {
    /// Arrays and objects inside each other.
    package let maximumDepth: Int
    package let maximumBytes: Int

    package init(maximumDepth: Int = 8, maximumBytes: Int = 1 << 20) {
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
    }

    package static let `default` = JSONLimits()
}
