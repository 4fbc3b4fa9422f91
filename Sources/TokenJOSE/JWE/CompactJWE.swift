internal import TokenCrypto

/// The compact form of a JWE with `A256GCM` (RFC 7516 §3.1, §5; RFC 7518 §5.3): our own sealed texts, never a token.
struct CompactJWE {
    /// As written, in base64url: it is what the tag covers.
    let header: [UInt8]
    let encryptedKey: [UInt8]
    private let nonce: [UInt8]
    private let ciphertext: [UInt8]
    private let tag: [UInt8]

    init(parsing text: String) throws(JOSEError) {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 5 else { throw JOSEError(.notSealed) }
        header = Array(parts[0])
        encryptedKey = try CompactJWS.decode(parts[1])
        nonce = try CompactJWS.decode(parts[2])
        ciphertext = try CompactJWS.decode(parts[3])
        tag = try CompactJWS.decode(parts[4])
    }

    func decrypt(with key: borrowing SecretBytes) throws(JOSEError) -> SecretBytes {
        let opened = AES256GCM.open(ciphertext, tag: tag, key: key, nonce: nonce, authenticating: header)
        guard let opened else { throw JOSEError(.doesNotOpen) }
        return opened
    }

    static func encrypt(
        _ plaintext: borrowing SecretBytes, header: JSON, encryptedKey: [UInt8], key: borrowing SecretBytes
    ) throws(JOSEError) -> String {
        let header = Base64URL.encode(header.serialized)
        let nonce = try joining { () throws(CryptoError) in try Entropy.bytes(AES256GCM.nonceSize) }
        let sealed = try joining { () throws(CryptoError) in
            try AES256GCM.seal(plaintext, key: key, nonce: nonce, authenticating: Array(header.utf8))
        }
        let parts = [encryptedKey, nonce, sealed.ciphertext, sealed.tag].map { Base64URL.encode($0) }
        return ([header] + parts).joined(separator: ".")
    }
}
