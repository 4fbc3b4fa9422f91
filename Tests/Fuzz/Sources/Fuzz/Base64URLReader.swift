internal import TokenCrypto
@testable import TokenJOSE

extension Reader {
    /// One text, one meaning: what decodes encodes to itself, and everything that is encoded decodes.
    static func base64URL(_ bytes: [UInt8]) {
        do throws(Base64URLError) {
            let decoded = try Base64URL.decode(bytes)
            mayBePlanted(String(decoding: bytes.prefix(4), as: UTF8.self))
            promise(Array(Base64URL.encode(decoded).utf8) == bytes, "base64url: two texts for the same bytes")
            promise(bitwise(decoded) == bytes, "base64url: other digits than bit by bit")
            promise(secretly(bytes) == decoded, "base64url: a secret reads otherwise")
        } catch {
            promise(secretly(bytes) == nil, "base64url: refused, and yet a secret")
            promiseSilence(error.sentence, about: bytes)
        }
        let encoded = Array(Base64URL.encode(bytes).utf8)
        promise(encoded == bitwise(bytes), "base64url: other digits than bit by bit")
        promise(try Base64URL.decode(encoded) == bytes, "base64url: what was encoded does not decode")
    }

    private static func secretly(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { text in
            guard let secret = try? Base64URL.decodeSecret(text) else { return nil }
            return secret.withUnsafeBytes { Array($0) }
        }
    }

    /// RFC 4648 §5 as it is written: six bits a digit, zeros behind the last.
    private static func bitwise(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        return stride(from: 0, to: bits.count, by: 6).map { start in
            let digit = (start..<start + 6).reduce(UInt8(0)) { $0 << 1 | ($1 < bits.count ? bits[$1] : 0) }
            return alphabet[Int(digit)]
        }
    }
}
