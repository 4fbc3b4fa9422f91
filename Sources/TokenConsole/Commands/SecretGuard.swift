internal import TokenJOSE
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
        for word in words(text) {
            if containsOpaqueToken(word, prefix: "tks_") { return "a session token" }
            if containsOpaqueToken(word, prefix: "tkr_") { return "a refresh token" }
            if containsCompactJOSE(word) { return "a JWT" }
        }
        return nil
    }

    /// What may be tokens: runs of the characters they are made of. A percent-encoded dot is one too.
    private static func words(_ text: String) -> [Substring.UTF8View] {
        let dotted = text.utf8.contains(UInt8(ascii: "%")) ? text.replacing(/%2e/.ignoresCase(), with: ".") : text
        return dotted[...].utf8.split { !isTokenByte($0) }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Also one that was cut short or written in capitals: half a secret is one too.
    private static func containsOpaqueToken(_ word: Substring.UTF8View, prefix: String) -> Bool {
        let lowered = String(decoding: word, as: UTF8.self).lowercased()
        return lowered.ranges(of: prefix).contains { range in
            lowered[range.upperBound...].prefix { $0 != "." && $0 != "-" && $0 != "_" }.count >= 12
        }
    }

    /// Whether a part with two more behind it ends in a JOSE header, wherever in the part that begins: a token may be glued
    /// to a flag or to other text, and nothing but its content says where it starts.
    private static func containsCompactJOSE(_ word: Substring.UTF8View) -> Bool {
        let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.dropLast(2).contains { part in
            part.indices.contains { start in
                // base64url of `{` and what may follow it: a quote, a blank, a tab or a line end.
                part[start...].starts(with: "e".utf8) && isJOSEHeader(part[start...])
            }
        }
    }

    /// RFC 7515 §4, RFC 7516 §4: an object with the member `alg`. Not parsed: a damaged header is in front of a secret too.
    private static func isJOSEHeader(_ part: Substring.UTF8View) -> Bool {
        guard let second = part.dropFirst().first, "wy".utf8.contains(second),
            let header = try? Base64URL.decode(Array(part.prefix(min(part.count, longestLookedAt) / 4 * 4)))
        else { return false }
        return header.first == UInt8(ascii: "{") && header.firstRange(of: Array("\"alg\"".utf8)) != nil
    }

    /// Bytes of a header that are looked at, so that a huge argument full of beginnings stays cheap to look through.
    private static let longestLookedAt = 2048

    /// A JSON text with the member `d` (RFC 7518 §6.2.2, §6.3.2) or `k` (§6.4.1) of a key.
    private static func isPrivateJWK(_ text: String) -> Bool {
        guard text.contains("{"), text.contains("\"kty\"") else { return false }
        let dense = text.filter { !$0.isWhitespace }
        return dense.contains("\"d\":\"") || dense.contains("\"k\":\"")
    }
}
