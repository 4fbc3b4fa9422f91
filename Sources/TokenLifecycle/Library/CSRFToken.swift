internal import TokenCrypto
internal import TokenJOSE

/// What a form must carry to prove that it was shown to the session that sends it.
///
/// Another site can make a browser send our cookie, but cannot read our pages. The token is an HMAC under the session's
/// own token, so nothing is stored, any process that has the cookie can check it, and it ends with the session, or when
/// that is regenerated. It tells nothing about the session token. Every call gives another one, so that compressed pages
/// do not leak it (BREACH).
public enum CSRFToken {
    private static let nonceSize = 16

    /// A new token, 64 characters that need no escaping, for a form shown to the session that `sessionToken` opens.
    ///
    /// Throws `.io` where the system has no randomness.
    public static func make(forSession sessionToken: String) throws -> String {
        let nonce: [UInt8]
        do {
            nonce = try Entropy.bytes(nonceSize)
        } catch {
            throw Failure(.io, "the system gave no randomness")
        }
        return Base64URL.encode(nonce + tag(nonce, sessionToken))
    }

    /// Whether `token`, as a form brought it, was made for this session.
    public static func isValid(_ token: String, forSession sessionToken: String) -> Bool {
        guard let bytes = try? Base64URL.decode(token), bytes.count == nonceSize + HMACSHA256.tagSize else {
            return false
        }
        let nonce = Array(bytes.prefix(nonceSize))
        return ConstantTime.equal(Array(bytes.dropFirst(nonceSize)), tag(nonce, sessionToken))
    }

    private static func tag(_ nonce: [UInt8], _ sessionToken: String) -> [UInt8] {
        HMACSHA256.tag(of: Array("tokenctl csrf ".utf8) + nonce, key: Array(sessionToken.utf8))
    }
}
