internal import COpenSSL

/// Randomness from OpenSSL's generators, seeded by the system.
package enum Entropy {
    /// Bytes that will be seen by others: nonces, salts, ids.
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        try Library.call { (_) throws(CryptoError) -> [UInt8] in
            var bytes = [UInt8](repeating: 0, count: count)
            guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw .entropyUnavailable }
            return bytes
        }
    }

    /// Bytes that must stay secret, from the generator that never feeds public values.
    package static func secret(_ count: Int) throws(CryptoError) -> SecretBytes {
        try Library.call { (_) throws(CryptoError) -> SecretBytes in
            var secret = SecretBytes(count: count)
            let result = secret.withUnsafeMutableBytes { RAND_priv_bytes($0.bytes, Int32(count)) }
            guard result == 1 else { throw .entropyUnavailable }
            return secret
        }
    }
}
