internal import COpenSSL

/// PBKDF2 with HMAC-SHA-512 (RFC 8018 §5.2), for passphrases only: slow on purpose.
package enum PBKDF2 {
    package static func derive(
        from passphrase: borrowing SecretBytes, salt: [UInt8], iterations: Int, count: Int
    ) throws(CryptoError) -> SecretBytes {
        try Library.call { (_) throws(CryptoError) -> SecretBytes in
            var derived = SecretBytes(count: count)
            let result = passphrase.withUnsafeBytes { passphrase in
                derived.withUnsafeMutableBytes { derived in
                    PKCS5_PBKDF2_HMAC(
                        passphrase.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(passphrase.count),
                        salt, Int32(salt.count), Int32(clamping: iterations), EVP_sha512(), Int32(derived.count),
                        derived.bytes)
                }
            }
            guard result == 1 else { throw Library.failure("PBKDF2") }
            return derived
        }
    }
}
