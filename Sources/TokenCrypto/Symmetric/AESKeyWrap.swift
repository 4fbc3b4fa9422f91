internal import COpenSSL

/// AES-256 key wrap with the default initial value (RFC 3394), JOSE's `A256KW`. Wrapped keys are 8 bytes longer.
package enum AESKeyWrap {
    package static let keySize = 32

    package static func wrap(
        _ secret: borrowing SecretBytes, key: borrowing SecretBytes
    ) throws(CryptoError) -> [UInt8] {
        try require("key", has: keySize, key.count)
        return try Library.call { (library) throws(CryptoError) -> [UInt8] in
            let cipher = try context(library, key: key, encrypting: true)
            var wrapped = [UInt8](repeating: 0, count: secret.count + 16)
            var written: Int32 = 0
            let result = secret.withUnsafeBytes {
                EVP_CipherUpdate(cipher.handle, &wrapped, &written, $0.bytes, Int32($0.count))
            }
            guard result == 1 else { throw Library.failure("AES key wrap") }
            return Array(wrapped.prefix(Int(written)))
        }
    }

    /// The wrapped secret, or nil when it was not wrapped under this key.
    package static func unwrap(_ wrapped: [UInt8], key: borrowing SecretBytes) -> SecretBytes? {
        guard key.count == keySize, wrapped.count >= 24, wrapped.count.isMultiple(of: 8) else { return nil }
        return Library.call { library -> SecretBytes? in
            guard let cipher = try? context(library, key: key, encrypting: false) else { return nil }
            return try? SecretBytes(unsafeUninitializedCapacity: wrapped.count) { room, count in
                var written: Int32 = 0
                guard EVP_CipherUpdate(cipher.handle, room.bytes, &written, wrapped, Int32(wrapped.count)) == 1
                else { throw Library.failure("AES key unwrap") }
                count = Int(written)
            }
        }
    }

    private static func context(
        _ library: Library, key: borrowing SecretBytes, encrypting: Bool
    ) throws(CryptoError) -> CipherContext {
        let cipher = try CipherContext()
        // Wrapping needs this flag: OpenSSL will not let it be chosen by accident.
        EVP_CIPHER_CTX_set_flags(cipher.handle, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        let ready = key.withUnsafeBytes {
            EVP_CipherInit_ex2(cipher.handle, library.aes256Wrap, $0.bytes, nil, encrypting ? 1 : 0, nil)
        }
        guard ready == 1 else { throw Library.failure("AES key wrap") }
        return cipher
    }
}
