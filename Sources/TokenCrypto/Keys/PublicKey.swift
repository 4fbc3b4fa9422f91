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

    /// The SubjectPublicKeyInfo of this key.
    package func subjectPublicKeyInfo() throws(CryptoError) -> [UInt8] {
        try Library.call { (_) throws(CryptoError) -> [UInt8] in
            var encoded: UnsafeMutablePointer<UInt8>?
            let count = i2d_PUBKEY(handle, &encoded)
            guard count > 0, let encoded else { throw Library.failure("encoding a public key") }
            defer { CRYPTO_free(encoded, #file, #line) }
            return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
        }
    }
}
