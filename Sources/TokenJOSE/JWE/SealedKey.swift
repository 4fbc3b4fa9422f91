package import TokenCrypto

/// A private key at rest: an encrypted JWK (RFC 7517 §7) as a compact JWE with direct encryption (RFC 7518 §4.5, §5.3). Any
/// JOSE tool opens it with the master key.
package enum SealedKey {
    /// Seals `plaintext` for the place that `kid` names; it opens nowhere else. The nonce is random, which serves for some
    /// 2^32 keys under one master key.
    package static func seal(
        _ plaintext: borrowing SecretBytes, context kid: String, masterKey: borrowing SecretBytes
    ) throws(JOSEError) -> String {
        try CompactJWE.encrypt(plaintext, header: header(kid), encryptedKey: [], key: masterKey)
    }

    /// The header must be, byte for byte, the one that `seal` writes for `kid`; else `wrongHeader`. Text, key or context that
    /// do not belong together are `doesNotOpen`.
    package static func open(
        _ text: String, context kid: String, masterKey: borrowing SecretBytes
    ) throws(JOSEError) -> SecretBytes {
        let sealed = try CompactJWE(parsing: text)
        guard sealed.header == Array(Base64URL.encode(header(kid).serialized).utf8) else {
            throw JOSEError(.wrongHeader)
        }
        guard sealed.encryptedKey.isEmpty else { throw JOSEError(.notSealed) }
        return try sealed.decrypt(with: masterKey)
    }

    private static func header(_ kid: String) -> JSON {
        ["alg": "dir", "enc": "A256GCM", "cty": "jwk+json", "kid": .string(kid)]
    }
}
