/// A number literal, checked against the grammar of RFC 8259 §6 and read exactly: as an integer when it is written as one
/// and fits, else as the nearest double.
struct JSONNumber {
    let range: Range<Int>
    let value: JSON

    init(in bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) {
        var position = start
        func isDigit(_ index: Int) -> Bool {
            index < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
        }
        func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
        func skipDigits(from index: Int) throws(JSONError) -> Int {
            guard isDigit(index) else {
                throw JSONError(reason: index < bytes.count ? .invalidNumber : .unexpectedEnd, offset: index)
            }
            var end = index
            while isDigit(end) { end += 1 }
            return end
        }

        if byte(position) == UInt8(ascii: "-") { position += 1 }
        if byte(position) == UInt8(ascii: "0"), isDigit(position + 1) {
            throw JSONError(reason: .leadingZero, offset: position)
        }
        position = try skipDigits(from: position)
        var isInteger = true
        if byte(position) == UInt8(ascii: ".") {
            isInteger = false
            position = try skipDigits(from: position + 1)
        }
        if byte(position) == UInt8(ascii: "e") || byte(position) == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if byte(position) == UInt8(ascii: "+") || byte(position) == UInt8(ascii: "-") { position += 1 }
            position = try skipDigits(from: position)
        }
        range = start..<position

        if isInteger, let integer = Self.integer(bytes[range]) {
            value = .integer(integer)
            return
        }
        let literal = String(decoding: bytes[range], as: UTF8.self)
        if let double = Double(literal), double.isFinite {
            value = .number(double)
        } else {
            throw JSONError(reason: .numberOutOfRange, offset: start)
        }
    }

    /// Nil where it does not fit.
    private static func integer(_ literal: Slice<UnsafeRawBufferPointer>) -> Int64? {
        let isNegative = literal.first == UInt8(ascii: "-")
        var value: Int64 = 0
        // Downwards: the smallest has no positive counterpart.
        for byte in literal.dropFirst(isNegative ? 1 : 0) {
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowsToo) = shifted.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflows, !overflowsToo else { return nil }
            value = next
        }
        guard !isNegative else { return value }
        return value == .min ? nil : -value
    }
}
