/// The signature algorithms of this product, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1).
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case es256 = "ES256"
    case edDSA = "EdDSA"
    case rs256 = "RS256"
    case ps256 = "PS256"
    case hs256 = "HS256"

    /// Whether whoever can verify can also sign.
    package var isSymmetric: Bool { self == .hs256 }

    /// The type of key this algorithm works with; nil for a shared secret.
    package var keyType: KeyType? {
        switch self {
        case .es256: .p256
        case .edDSA: .ed25519
        case .rs256, .ps256: .rsa
        case .hs256: nil
        }
    }
}

/// The types of asymmetric key this module can handle.
package enum KeyType: Sendable, Hashable {
    case p256, ed25519, rsa

    /// The algorithms such a key can be used with, the most common first.
    package var algorithms: [SignatureAlgorithm] {
        SignatureAlgorithm.allCases.filter { $0.keyType == self }
    }
}
