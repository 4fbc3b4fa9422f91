internal import COpenSSL

/// HKDF with SHA-256, extract and expand (RFC 5869).
package enum HKDFSHA256 {
    /// The most one derivation can give: 255 blocks.
    package static let maximumCount = 255 * SHA256.digestSize

    /// Derives `count` bytes. `info` names the purpose; two purposes never share a key.
    ///
    /// Requires a secret that is not empty and a count of 1...8160: both are the caller's constants, not input.
    package static func derive(
        from secret: borrowing SecretBytes, salt: [UInt8], info: [UInt8], count: Int
    ) -> SecretBytes {
        precondition(!secret.isEmpty && (1...maximumCount).contains(count), "nothing to derive from, or too much")
        return Library.call { library in
            var derived = SecretBytes(count: count)
            let result = secret.withUnsafeBytes { key in
                salt.withUnsafeBytes { salt in
                    info.withUnsafeBytes { info in
                        derived.withUnsafeMutableBytes { derived in
                            tokenctl_hkdf_sha256(
                                library.hkdf, key.baseAddress, key.count, salt.baseAddress, salt.count,
                                info.baseAddress, info.count, derived.bytes, derived.count)
                        }
                    }
                }
            }
            guard result == 1 else { Library.isBroken("HKDF") }
            return derived
        }
    }
}
