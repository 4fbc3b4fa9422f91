internal import COpenSSL

/// A public key held by OpenSSL, checked when it came in: whatever exists as a `PublicKey` may be used.
///
/// `@unchecked Sendable`: the handle is never changed after `init`, and OpenSSL counts its references atomically.
package struct PublicKey: ~Copyable, @unchecked Sendable {
    let handle: OpaquePointer
    package let components: PublicKeyComponents

    /// Checks the numbers and makes a key of them. Throws `unacceptableKey` with the flaw found first.
    package init(_ components: PublicKeyComponents) throws(CryptoError) {
        handle = try Library.call { (_) throws(CryptoError) -> OpaquePointer in
            switch components {
            case .p256(let x, let y): try P256Key.make(x: x, y: y)
            case .ed25519(let point): try Ed25519Key.make(point)
            case .rsa(let modulus, let exponent): try RSAKey.make(modulus: modulus, exponent: exponent)
            }
        }
        self.components = components
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1), or a PKCS#1 RSAPublicKey when `pkcs1` says so. Nothing may follow it.
    package init(der: [UInt8], pkcs1: Bool = false) throws(CryptoError) {
        let components = try Library.call { (_) throws(CryptoError) -> PublicKeyComponents in
            let decoded = try DecodedKey(length: der.count) { length in
                der.withUnsafeBytes { bytes in
                    var position = bytes.bytes
                    let key =
                        pkcs1 ? d2i_PublicKey(EVP_PKEY_RSA, nil, &position, length) : d2i_PUBKEY(nil, &position, length)
                    return (key, bytes.consumed(upTo: position))
                }
            }
            return try decoded.publicComponents()
        }
        try self.init(components)
    }

    deinit { EVP_PKEY_free(handle) }

    package var keyType: KeyType { components.keyType }

    /// The SubjectPublicKeyInfo of this key as PEM (RFC 7468 §13).
    package func subjectPublicKeyInfoPEM() throws(CryptoError) -> String {
        try Library.call { (_) throws(CryptoError) -> String in
            guard let output = BIO_new(BIO_s_mem()) else { throw Library.failure("PEM") }
            defer { BIO_free_all(output) }
            guard PEM_write_bio_PUBKEY(output, handle) == 1 else { throw Library.failure("PEM") }
            var text = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
            var count = 0
            guard BIO_read_ex(output, &text, text.count, &count) == 1 else { throw Library.failure("PEM") }
            return String(decoding: text.prefix(count), as: UTF8.self)
        }
    }
}
