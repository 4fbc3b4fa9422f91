internal import TokenJOSE

/// Makes stored text harmless to whoever looks at it. Every stored string is hostile: a user agent may carry terminal
/// commands, a device name may turn the reading direction around.
enum Escaping {
    /// Text for people: controls (C0, DEL, C1), line and paragraph separators, bidirectional controls and everything
    /// that is invisible become `\n`, `\x1b` or `\u{202e}`.
    static func visible(_ text: String) -> String { escaped(text, doublingBackslash: false) }

    /// A field of a tab-separated line. The backslash is doubled, so that the text can be read back exactly.
    static func tabSeparated(_ text: String) -> String { escaped(text, doublingBackslash: true) }

    /// A field of CSV (RFC 4180 §2). A text that a spreadsheet would run gets an apostrophe in front.
    static func commaSeparated(_ text: String, isText: Bool) -> String {
        var field = visible(text)
        let isFormula = isText && field.unicodeScalars.first.map { "=+-@|%".unicodeScalars.contains($0) } == true
        if isFormula { field = "'" + field }
        let mustQuote = isFormula || field.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == " " || $0 == ";" }
        guard mustQuote else { return field }
        // By scalars: with a combining character behind it a quote is another `Character`, and still ends the field.
        let parts = field.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        return "\"" + parts.joined(separator: "\"\"") + "\""
    }

    /// A JSON text with what is hostile as `\u` escapes (RFC 8259 §7): an equal value, harmless to look at and one line for
    /// readers that also end lines at U+0085 or U+2028. Beyond ASCII a JSON text has characters only in its strings.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHostile) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            guard isHostile(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 { result += "\\u" + hex(unit, atLeast: 4) }
        }
        return result
    }

    private static func escaped(_ text: String, doublingBackslash: Bool) -> String {
        guard text.unicodeScalars.contains(where: { isHostile($0) || $0 == "\\" }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += doublingBackslash ? "\\\\" : "\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where !isHostile(scalar): result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100: result += "\\x" + hex(scalar.value, atLeast: 2)
            default: result += "\\u{\(hex(scalar.value, atLeast: 4))}"
            }
        }
        return result
    }

    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value < 0x20 }
        if scalar.value < 0xA0 { return true }
        if scalar.value < 0x300 { return scalar.value == 0xAD }  // soft hyphen
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
        // Emoji presentation is the one invisible scalar that ordinary names contain.
        default: return scalar.properties.isDefaultIgnorableCodePoint && scalar.value != 0xFE0F
        }
    }

    private static func hex(_ value: some BinaryInteger, atLeast width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension JSON {
    /// The text that the console writes. Tokens and audit hashes are made of `serialized` and `canonical`, which escape only
    /// what JSON demands.
    var shownText: String { Escaping.json(text) }
}
