package import TokenLifecycle

/// Keeps secrets out of arguments: they stand in the process list and in shell histories.
///
/// Runs before anything else looks at the arguments, so no error ever echoes one.
package enum SecretGuard {
    package static func check(_ arguments: [String]) throws(Failure) {
        for argument in arguments {
            guard let kind = secret(in: argument) else { continue }
            throw Failure(
                .usage, "an argument looks like \(kind)",
                hint: "give it on stdin ('-' reads it); it may now stand in a shell history")
        }
    }

    /// What kind of secret the text contains, nil when none. Public keys and plain ids pass.
    package static func secret(in text: String) -> String? {
        if text.contains("-----BEGIN ") { return "a PEM" }
        if isPrivateJWK(text) { return "a private JWK" }
        for word in text.split(whereSeparator: { !isTokenCharacter($0) }) {
            if isOpaqueToken(word, prefix: "tks_") { return "a session token" }
            if isOpaqueToken(word, prefix: "tkr_") { return "a refresh token" }
            if isCompactJOSE(word) { return "a JWT" }
        }
        return nil
    }

    private static func isTokenCharacter(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Also one that was cut short or written in capitals: half a secret is one too.
    private static func isOpaqueToken(_ word: Substring, prefix: String) -> Bool {
        let lowered = word.lowercased()
        guard let start = lowered.firstRange(of: prefix)?.upperBound else { return false }
        return lowered[start...].prefix { $0 != "." && $0 != "-" && $0 != "_" }.count >= 12
    }

    /// Three or five base64url parts of which the first begins as a JSON object does: `{"`, `{ `, `{` and a line end.
    private static func isCompactJOSE(_ word: Substring) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 || parts.count == 5, parts[0].count >= 16 else { return false }
        return ["eyJ", "eyA", "ewo", "ew0", "ewk"].contains { parts[0].hasPrefix($0) }
    }

    /// A JSON text with the member `d` (RFC 7518 §6.2.2, §6.3.2) or `k` (§6.4.1) of a key.
    private static func isPrivateJWK(_ text: String) -> Bool {
        guard text.contains("{"), text.contains("\"kty\"") else { return false }
        let dense = text.filter { !$0.isWhitespace }
        return dense.contains("\"d\":\"") || dense.contains("\"k\":\"")
    }
}
