package import TokenCrypto

/// Verifies tokens with one key and one algorithm; made once, used from any thread. The key decides the algorithm, and the
/// header may only agree (RFC 8725 §3.1).
package final class JWSVerifier: Sendable {
    package let algorithm: SignatureAlgorithm
    private let method: Method

    private enum Method: Sendable {
        case signature(SignatureVerifier)
        case authentication(HMACSHA256Key)
    }

    /// Throws `algorithmMismatch` when the key is of another type, or reserved for another algorithm.
    package init(algorithm: SignatureAlgorithm, jwk: JWK) throws(JOSEError) {
        guard jwk.supportedAlgorithms.contains(algorithm) else { throw JOSEError(.algorithmMismatch) }
        self.algorithm = algorithm
        method = .signature(
            try joining { () throws(CryptoError) in try SignatureVerifier(algorithm, key: jwk.components) })
    }

    /// The secret was judged when it came in: what is weak is decided there.
    package init(hs256Secret secret: borrowing SecretBytes) throws(JOSEError) {
        guard !secret.isEmpty else { throw JOSEError(.weakSecret) }
        algorithm = .hs256
        method = .authentication(HMACSHA256Key(secret))
    }

    /// With a shared secret that was sealed or imported as a JWK, or with the public half of a private key.
    package convenience init(algorithm: SignatureAlgorithm, privateJWK: PrivateJWK) throws(JOSEError) {
        if let jwk = privateJWK.publicJWK {
            try self.init(algorithm: algorithm, jwk: jwk)
        } else {
            guard algorithm == .hs256 else { throw JOSEError(.algorithmMismatch) }
            try self.init(hs256Secret: try privateJWK.secret())
        }
    }

    package func verify(_ jws: CompactJWS) -> Bool {
        guard jws.algorithm == algorithm else { return false }
        return isValid(jws.signature, for: jws.signingInput)
    }

    func isValid(_ signature: [UInt8], for input: [UInt8]) -> Bool {
        switch method {
        case .signature(let verifier): verifier.isValid(signature, for: input)
        case .authentication(let key): key.isValid(signature, for: input)
        }
    }
}
