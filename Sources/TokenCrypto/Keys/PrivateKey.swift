internal import COpenSSL

/// A private key held by OpenSSL, proven to belong to its public half; freed and wiped when its last owner ends.
///
/// `@unchecked Sendable`: the handle is never changed after `init`, and OpenSSL counts its references atomically.
package struct PrivateKey: ~Copyable, @unchecked Sendable {
    let handle: OpaquePointer
    package let publicHalf: PublicKeyComponents

    /// Bits of an RSA key unless asked otherwise: the strength of P-256 (NIST SP 800-57 part 1, table 2).
    package static let defaultRSABits = 3072

    package init(_ components: borrowing PrivateKeyComponents) throws(CryptoError) {
        let publicHalf = components.publicHalf
        handle = try Library.call { (_) throws(CryptoError) -> OpaquePointer in
            switch publicHalf {
            case .p256(let x, let y): return try P256Key.make(x: x, y: y, d: components.d)
            case .ed25519(let point): return try Ed25519Key.make(point, seed: components.d)
            case .rsa(let modulus, let exponent):
                switch components.crt {
                case .some(let crt):
                    return try RSAKey.make(modulus: modulus, exponent: exponent, d: components.d, crt: crt)
                case nil: throw .unacceptableKey(.incomplete)
                }
            }
        }
        self.publicHalf = publicHalf
    }

    private init(retaining handle: OpaquePointer, publicHalf: PublicKeyComponents) {
        EVP_PKEY_up_ref(handle)
        self.handle = handle
        self.publicHalf = publicHalf
    }

    deinit { EVP_PKEY_free(handle) }

    /// Another owner of the same key.
    package borrowing func shared() -> PrivateKey {
        PrivateKey(retaining: handle, publicHalf: publicHalf)
    }

    package var keyType: KeyType { publicHalf.keyType }
}

extension PrivateKeyComponents {
    /// A new key. `rsaBits` matters for RSA only; the public exponent is 65537.
    package static func generate(
        _ type: KeyType, rsaBits: Int = PrivateKey.defaultRSABits
    ) throws(CryptoError) -> PrivateKeyComponents {
        if type == .rsa {
            guard rsaBits >= RSAKey.allowedBits.lowerBound else { throw .unacceptableKey(.modulusTooSmall) }
            guard rsaBits <= RSAKey.allowedBits.upperBound else { throw .unacceptableKey(.modulusTooLarge) }
        }
        return try Library.call { (_) throws(CryptoError) -> PrivateKeyComponents in
            let key =
                switch type {
                case .p256: tokenctl_generate_p256()
                case .ed25519: tokenctl_generate_ed25519()
                case .rsa: tokenctl_generate_rsa(rsaBits)
                }
            return try DecodedKey(generated: key).privateComponents()
        }
    }

    /// Reads PKCS#8 (RFC 5958), SEC 1 ECPrivateKey (RFC 5915) or PKCS#1 RSAPrivateKey (RFC 8017). Nothing may follow it.
    package init(der: borrowing SecretBytes) throws(CryptoError) {
        self = try Library.call { (_) throws(CryptoError) -> PrivateKeyComponents in
            let decoded = try DecodedKey(length: der.count) { length in
                der.withUnsafeBytes { bytes in
                    var position = bytes.bytes
                    let key = d2i_AutoPrivateKey_ex(nil, &position, length, nil, nil)
                    return (key, bytes.consumed(upTo: position))
                }
            }
            return try decoded.privateComponents()
        }
    }
}

extension PrivateKey {
    /// The key as PKCS#8 PEM without encryption, for an export that was asked for.
    package borrowing func pkcs8PEM() throws(CryptoError) -> SecretBytes {
        try Library.call { (_) throws(CryptoError) -> SecretBytes in
            guard let output = BIO_new(BIO_s_secmem()) else { throw Library.failure("PEM") }
            defer { BIO_free_all(output) }
            guard PEM_write_bio_PKCS8PrivateKey(output, handle, nil, nil, 0, nil, nil) == 1 else {
                throw Library.failure("PEM")
            }
            let count = BIO_ctrl_pending(output)
            return try SecretBytes(unsafeUninitializedCapacity: count) { (memory, written) throws(CryptoError) in
                guard BIO_read_ex(output, memory.baseAddress, count, &written) == 1 else {
                    throw Library.failure("PEM")
                }
            }
        }
    }
}
