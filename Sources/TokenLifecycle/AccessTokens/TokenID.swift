internal import TokenCrypto
internal import TokenJOSE

/// `jti`: 128 random bits, never derived from the token.
enum TokenID {
    static func make() throws -> String {
        while true {
            let id = Base64URL.encode(try Entropy.bytes(16))
            if !id.looksLikeFlag { return id }
        }
    }
}

extension String {
    /// Ids that begin with `-` would be taken for flags on a command line, so none is ever made.
    var looksLikeFlag: Bool { hasPrefix("-") }
}
