internal import COpenSSL

/// Signs with a private key in the form JOSE wants: ES256 as r‖s of 64 bytes (RFC 7518 §3.4), PS256 with a salt as long as
/// the digest (§3.5).
package final class SignatureSigner: Sendable {
    package let algorithm: SignatureAlgorithm
    private let key: PrivateKey

    package init(_ algorithm: SignatureAlgorithm, key: borrowing PrivateKey) throws(CryptoError) {
        guard algorithm.keyType == key.keyType else { throw .algorithmMismatch(algorithm) }
        self.algorithm = algorithm
        self.key = key.shared()
    }

    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let signature = try Library.call { (library) throws(CryptoError) -> [UInt8] in
            guard let context = EVP_MD_CTX_new() else { throw Library.failure("signing") }
            defer { EVP_MD_CTX_free(context) }
            var keyContext: OpaquePointer?
            let digest = algorithm == .edDSA ? nil : library.sha256
            guard EVP_DigestSignInit(context, &keyContext, digest, nil, key.handle) == 1,
                algorithm != .ps256 || usePSS(keyContext)
            else { throw Library.failure("signing") }
            var count = Int(EVP_PKEY_get_size(key.handle))
            var signature = [UInt8](repeating: 0, count: count)
            guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1
            else { throw Library.failure("signing") }
            return Array(signature.prefix(count))
        }
        return algorithm == .es256 ? try ECDSASignature(der: signature).raw : signature
    }
}

/// RSASSA-PSS with MGF1 over the same digest and a salt of 32 bytes (RFC 7518 §3.5).
func usePSS(_ context: OpaquePointer?) -> Bool {
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
}
