internal import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D) with 96-bit nonces and whole 128-bit tags, as JOSE's `A256GCM` has it.
///
/// A nonce must never repeat under one key. With random nonces that holds for some 2^32 messages a key.
package enum AES256GCM {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16

    package static func seal(
        _ plaintext: borrowing SecretBytes, key: borrowing SecretBytes, nonce: [UInt8], authenticating context: [UInt8]
    ) throws(CryptoError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        try require("key", has: keySize, key.count)
        try require("nonce", has: nonceSize, nonce.count)
        return try Library.call { (library) throws(CryptoError) -> (ciphertext: [UInt8], tag: [UInt8]) in
            let cipher = try CipherContext()
            var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
            var tag = [UInt8](repeating: 0, count: tagSize)
            var written: Int32 = 0
            let ready = key.withUnsafeBytes {
                EVP_EncryptInit_ex2(cipher.handle, library.aes256GCM, $0.bytes, nonce, nil)
            }
            guard ready == 1,
                context.isEmpty
                    || EVP_EncryptUpdate(cipher.handle, nil, &written, context, Int32(context.count)) == 1,
                plaintext.isEmpty
                    || plaintext.withUnsafeBytes({
                        EVP_EncryptUpdate(cipher.handle, &ciphertext, &written, $0.bytes, Int32($0.count))
                    }) == 1,
                EVP_EncryptFinal_ex(cipher.handle, &tag, &written) == 1,
                EVP_CIPHER_CTX_ctrl(cipher.handle, EVP_CTRL_AEAD_GET_TAG, Int32(tagSize), &tag) == 1
            else { throw Library.failure("AES-256-GCM") }
            return (ciphertext, tag)
        }
    }

    /// The plaintext, or nil when key, nonce, context, ciphertext and tag do not belong together. A tag that is not whole, or
    /// a key or nonce of another size, does not either.
    package static func open(
        _ ciphertext: [UInt8], tag: [UInt8], key: borrowing SecretBytes, nonce: [UInt8],
        authenticating context: [UInt8]
    ) -> SecretBytes? {
        guard key.count == keySize, nonce.count == nonceSize, tag.count == tagSize else { return nil }
        return Library.call { library -> SecretBytes? in
            guard let cipher = try? CipherContext() else { Library.isBroken("AES-256-GCM") }
            var plaintext = SecretBytes(count: ciphertext.count)
            var tag = tag
            var written: Int32 = 0
            var end: UInt8 = 0
            let ready = key.withUnsafeBytes {
                EVP_DecryptInit_ex2(cipher.handle, library.aes256GCM, $0.bytes, nonce, nil)
            }
            guard ready == 1,
                EVP_CIPHER_CTX_ctrl(cipher.handle, EVP_CTRL_AEAD_SET_TAG, Int32(tagSize), &tag) == 1,
                context.isEmpty
                    || EVP_DecryptUpdate(cipher.handle, nil, &written, context, Int32(context.count)) == 1,
                ciphertext.isEmpty
                    || plaintext.withUnsafeMutableBytes({
                        EVP_DecryptUpdate(cipher.handle, $0.bytes, &written, ciphertext, Int32(ciphertext.count))
                    }) == 1,
                EVP_DecryptFinal_ex(cipher.handle, &end, &written) == 1
            else { return nil }
            return plaintext
        }
    }
}
