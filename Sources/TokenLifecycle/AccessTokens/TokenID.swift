internal import TokenCrypto
internal import TokenJOSE

/// `jti`: 128 random bits, never derived from the token.
enum TokenID {
    static func make() throws -> String { Base64URL.encode(try Entropy.bytes(16)) }
}
