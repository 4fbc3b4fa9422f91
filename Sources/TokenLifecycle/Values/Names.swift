/// Checks what comes from outside before it is stored. Lengths are bytes of UTF-8.
enum Names {
    /// A subject, client id, actor: printable, not empty, without leading or trailing blanks.
    static func check(_ text: String, _ what: String, longest: Int = 255) throws(Failure) {
        guard !text.isEmpty else { throw Failure(.malformed, "\(what) is empty") }
        try checkLength(text, what, longest: longest)
        // By scalars: a combining character behind a blank makes one character with it.
        guard text.unicodeScalars.first != " ", text.unicodeScalars.last != " " else {
            throw Failure(.malformed, "\(what) begins or ends with a blank")
        }
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate:
                throw Failure(.malformed, "\(what) contains a control character")
            default: continue
            }
        }
    }

    /// What a token of another application names: whatever it chose, as long as a token can hold it. Denying must reach it.
    static func checkForeign(_ text: String, _ what: String) throws(Failure) {
        guard !text.isEmpty else { throw Failure(.malformed, "\(what) is empty") }
        try checkFree(text, what, longest: 8192)
    }

    /// Free text from the network, such as a user agent: any printable or not, but bounded and without NUL.
    static func checkFree(_ text: String, _ what: String, longest: Int) throws(Failure) {
        try checkLength(text, what, longest: longest)
        guard !text.utf8.contains(0) else { throw Failure(.malformed, "\(what) contains a NUL") }
    }

    private static func checkLength(_ text: String, _ what: String, longest: Int) throws(Failure) {
        guard text.utf8.count <= longest else {
            throw Failure(.malformed, "\(what) is \(text.utf8.count) bytes long; at most \(longest) are stored")
        }
    }
}
