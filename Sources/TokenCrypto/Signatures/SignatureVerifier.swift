internal import COpenSSL

/// Verifies many signatures with one public key, from any thread.
package final class SignatureVerifier: Sendable {
    package let algorithm: SignatureAlgorithm
    private let contexts: ContextPool<VerificationContext>

    package init(_ algorithm: SignatureAlgorithm, key components: PublicKeyComponents) throws(CryptoError) {
        guard algorithm.keyType == components.keyType else { throw .algorithmMismatch(algorithm) }
        let key = try PublicKey(components)
        self.algorithm = algorithm
        contexts = ContextPool { VerificationContext(algorithm, key: key) }
    }

    /// Whether `signature`, in JOSE's form, is this key's for `message`. Anything that is not a signature at all is false.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        contexts.withContext { $0.isValid(signature, for: message) }
    }
}

/// What a verification can keep for the next one: the prepared key operation, and a digest context.
///
/// `@unchecked Sendable`: used by one thread at a time, which the pool that lends it sees to.
private final class VerificationContext: @unchecked Sendable {
    private let algorithm: SignatureAlgorithm
    private let digest: OpaquePointer
    private let operation: OpaquePointer
    private let key: OpaquePointer

    init(_ algorithm: SignatureAlgorithm, key: borrowing PublicKey) {
        let handle = key.handle
        self.algorithm = algorithm
        self.key = handle
        (digest, operation) = Library.call { library in
            guard EVP_PKEY_up_ref(handle) == 1, let digest = EVP_MD_CTX_new(),
                let operation = EVP_PKEY_CTX_new_from_pkey(nil, handle, nil)
            else { Library.isBroken("a verification context") }
            if algorithm != .edDSA {
                guard EVP_PKEY_verify_init(operation) == 1,
                    algorithm != .rs256 || EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PADDING) == 1,
                    algorithm != .ps256 || usePSS(operation),
                    EVP_PKEY_CTX_set_signature_md(operation, library.sha256) == 1
                else { Library.isBroken(algorithm.rawValue) }
            }
            return (digest, operation)
        }
    }

    deinit {
        EVP_PKEY_CTX_free(operation)
        EVP_MD_CTX_free(digest)
        EVP_PKEY_free(key)
    }

    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        Library.call { library in
            switch algorithm {
            case .edDSA: isValidEd25519(signature, for: message)
            case .es256:
                if let signature = ECDSASignature(raw: signature) {
                    isValidECDSA(signature, for: message, library)
                } else {
                    false
                }
            case .rs256, .ps256:
                signature.withUnsafeBytes { isValid($0.bytes, $0.count, digestOf: message, library) }
            case .hs256: false
            }
        }
    }

    private func isValidECDSA(_ signature: ECDSASignature, for message: [UInt8], _ library: Library) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 80, alignment: 1) { room in
            guard let count = signature.encode(into: room) else { return false }
            return isValid(room.bytes, count, digestOf: message, library)
        }
    }

    private func isValid(
        _ signature: UnsafePointer<UInt8>?, _ count: Int, digestOf message: [UInt8], _ library: Library
    ) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: SHA256.digestSize, alignment: 1) { hash in
            EVP_DigestInit_ex2(digest, library.sha256, nil) == 1
                && EVP_DigestUpdate(digest, message, message.count) == 1
                && EVP_DigestFinal_ex(digest, hash.bytes, nil) == 1
                && EVP_PKEY_verify(operation, signature, count, hash.bytes, hash.count) == 1
        }
    }

    /// Ed25519 hashes twice, so OpenSSL takes the message in one piece, and the context anew each time.
    private func isValidEd25519(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        EVP_DigestVerifyInit(digest, nil, nil, nil, key) == 1
            && EVP_DigestVerify(digest, signature, signature.count, message, message.count) == 1
    }
}
