internal import TokenLifecycle

extension Console {
    /// A token from standard input, or typed without echo where that is a terminal. Nil for more than any token can be.
    ///
    /// Blanks and newlines around it are no part of it. Nothing at all is `.malformed`.
    mutating func readToken(_ source: String) throws(Failure) -> [UInt8]? {
        guard source == "-" else {
            throw Failure(.usage, "a token is read from standard input", hint: "write - and pipe it in")
        }
        let bytes: [UInt8]
        if input.isTerminal {
            bytes = Array((try prompter.ask("token: ", echoing: false) ?? "").utf8)
        } else {
            do { bytes = try input.readAll(limit: 1 << 20) } catch  where error.kind == .malformed { return nil }
        }
        let token = bytes.trimmingBlanks
        guard !token.isEmpty else { throw Failure(.malformed, "standard input is empty", hint: "pipe a token in") }
        return token
    }
}

extension [UInt8] {
    /// Without blanks, tabs and line ends around.
    var trimmingBlanks: [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return Array(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
