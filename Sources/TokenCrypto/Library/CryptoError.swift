/// Why an operation of this module failed. Never contains key material, plaintext or ciphertext.
package enum CryptoError: Error, Equatable, Sendable {
    /// OpenSSL reported a failure that has no better name here.
    case library(operation: String, reason: String)
    /// The random generator could not be seeded; nothing may be generated.
    case entropyUnavailable
    /// A symmetric key, nonce or tag has the wrong number of bytes.
    case wrongSize(of: String, expected: Int, actual: Int)
    /// A public or private key was refused.
    case unacceptableKey(KeyFlaw)
    /// The key's type cannot be used with the algorithm.
    case algorithmMismatch(SignatureAlgorithm)
}

extension CryptoError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .library(let operation, let reason): "\(operation) failed: \(reason)"
        case .entropyUnavailable: "the system gives no randomness"
        case .wrongSize(let what, let expected, let actual): "\(what) must have \(expected) bytes, not \(actual)"
        case .unacceptableKey(let flaw): flaw.description
        case .algorithmMismatch(let algorithm): "this key cannot be used with \(algorithm.rawValue)"
        }
    }
}
