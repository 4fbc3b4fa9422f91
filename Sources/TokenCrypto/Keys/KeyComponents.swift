/// The numbers of a public key, big-endian, in the shape JOSE writes them. Plain data: `PublicKey` decides whether they make
/// a key.
package enum PublicKeyComponents: Equatable, Sendable {
    /// Affine coordinates, 32 bytes each.
    case p256(x: [UInt8], y: [UInt8])
    /// The 32 bytes of RFC 8032 §5.1.5.
    case ed25519([UInt8])
    /// Without leading zeros.
    case rsa(modulus: [UInt8], exponent: [UInt8])

    package var keyType: KeyType {
        switch self {
        case .p256: .p256
        case .ed25519: .ed25519
        case .rsa: .rsa
        }
    }
}

/// The numbers of a private key, with its public half.
package struct PrivateKeyComponents: ~Copyable, Sendable {
    package let publicHalf: PublicKeyComponents
    /// P-256: the scalar, 32 bytes. Ed25519: the seed, 32 bytes. RSA: the private exponent.
    package let d: SecretBytes
    /// RSA only, and there required.
    package let crt: RSAFactors?

    package init(publicHalf: PublicKeyComponents, d: consuming SecretBytes, crt: consuming RSAFactors? = nil) {
        self.publicHalf = publicHalf
        self.d = d
        self.crt = crt
    }
}

/// What makes RSA signing fast: the primes and the Chinese remainder parameters (RFC 7518 §6.3.2).
package struct RSAFactors: ~Copyable, Sendable {
    package let p: SecretBytes
    package let q: SecretBytes
    package let dp: SecretBytes
    package let dq: SecretBytes
    package let qi: SecretBytes

    package init(
        p: consuming SecretBytes, q: consuming SecretBytes, dp: consuming SecretBytes, dq: consuming SecretBytes,
        qi: consuming SecretBytes
    ) {
        self.p = p
        self.q = q
        self.dp = dp
        self.dq = dq
        self.qi = qi
    }
}
