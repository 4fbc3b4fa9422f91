extension JSON {
    /// Compact, members in their own order.
    package var serialized: [UInt8] {
        var writer = JSONWriter(isCanonical: false)
        writer.write(self)
        return writer.bytes
    }

    /// The one form that equal values share (RFC 8785): members sorted by UTF-16 code units, numbers as ECMAScript writes
    /// them. Integers beyond 2^53 are rounded there, so values that must stay distinct belong in strings.
    package var canonical: [UInt8] {
        var writer = JSONWriter(isCanonical: true)
        writer.write(self)
        return writer.bytes
    }

    package var text: String { String(decoding: serialized, as: UTF8.self) }
}

private struct JSONWriter {
    let isCanonical: Bool
    private(set) var bytes: [UInt8] = []

    init(isCanonical: Bool) { self.isCanonical = isCanonical }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: write("null")
        case .bool(let value): write(value ? "true" : "false")
        case .integer(let value):
            if isCanonical, value.magnitude > 1 << 53 {
                write(ECMAScriptNumber.text(of: Double(value)))
            } else {
                write(String(value))
            }
        case .number(let value): write(ECMAScriptNumber.text(of: value))
        case .string(let value): write(string: value)
        case .array(let values): write(values, between: "[", "]") { writer, value in writer.write(value) }
        case .object(let members):
            let ordered =
                isCanonical ? members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) } : members
            write(ordered, between: "{", "}") { writer, member in
                writer.write(string: member.name)
                writer.write(":")
                writer.write(member.value)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], between open: String, _ close: String, _ body: (inout JSONWriter, Element) -> Void
    ) {
        write(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { write(",") }
            body(&self, element)
        }
        write(close)
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Escapes what must be, in the shortest way (RFC 8785 §3.2.2.2).
    private mutating func write(string: String) {
        write("\"")
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): write("\\\"")
            case UInt8(ascii: "\\"): write("\\\\")
            case 0x08: write("\\b")
            case 0x09: write("\\t")
            case 0x0a: write("\\n")
            case 0x0c: write("\\f")
            case 0x0d: write("\\r")
            case 0x00..<0x20: write(byte < 0x10 ? "\\u000" : "\\u00"); write(String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        write("\"")
    }
}

/// Numbers as ECMAScript's `Number::toString` writes them (RFC 8785 §3.2.2.3). Swift finds the same shortest digits and only
/// arranges them differently.
enum ECMAScriptNumber {
    /// Values that are not finite cannot come from a text; like `JSON.stringify`, `null` stands for them.
    static func text(of value: Double) -> String {
        guard value.isFinite else { return "null" }
        guard value != 0 else { return "0" }
        let (digits, point) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        if count <= point, point <= 21 { return sign + digits + zeros(point - count) }
        if 0 < point, point <= 21 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        if -6 < point, point <= 0 { return sign + "0." + zeros(-point) + digits }
        let exponent = point - 1
        let fraction = count > 1 ? "." + digits.dropFirst() : ""
        return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
    }

    /// The shortest digits that read back as `value`, without zeros at either end, and where the point stands:
    /// value = 0.digits × 10^point.
    private static func decimal(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        let all = mantissa[0] + fraction
        let leading = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(leading)
        while digits.last == "0" { digits.removeLast() }
        return (String(digits), mantissa[0].count - leading + exponent)
    }

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
}
