package import TokenCrypto

/// Signs tokens with one key and one algorithm.
package final class JWSSigner: Sendable {
    package let algorithm: SignatureAlgorithm
    private let method: Method

    private enum Method: Sendable {
        case signature(SignatureSigner)
        case authentication(HMACSHA256Key)
    }

    /// Throws `algorithmMismatch` when the key is of another type, or reserved for another algorithm.
    package init(algorithm: SignatureAlgorithm, privateJWK: PrivateJWK) throws(JOSEError) {
        guard privateJWK.supportedAlgorithms.contains(algorithm) else { throw JOSEError(.algorithmMismatch) }
        self.algorithm = algorithm
        switch privateJWK.material {
        case .privateKey(let key):
            method = .signature(
                try joining { () throws(CryptoError) in try SignatureSigner(algorithm, key: key) })
        case .secret(let secret): method = .authentication(HMACSHA256Key(secret))
        }
    }

    /// Signs `payload` under `protectedHeader`, whose `alg` is this signer's: set when absent, and refused when different.
    package func sign(protectedHeader: JSON, payload: [UInt8]) throws(JOSEError) -> String {
        guard let members = protectedHeader.members else { throw JOSEError(.notAnObject) }
        var header = protectedHeader
        if let alg = protectedHeader["alg"] {
            guard alg == .string(algorithm.rawValue) else { throw JOSEError(.algorithmMismatch) }
        } else {
            header = .object([.init("alg", .string(algorithm.rawValue))] + members)
        }
        let input = Base64URL.encode(header.serialized) + "." + Base64URL.encode(payload)
        return input + "." + Base64URL.encode(try signature(of: Array(input.utf8)))
    }

    func signature(of input: [UInt8]) throws(JOSEError) -> [UInt8] {
        switch method {
        case .signature(let signer): try joining { () throws(CryptoError) in try signer.sign(input) }
        case .authentication(let key): key.tag(of: input)
        }
    }
}
