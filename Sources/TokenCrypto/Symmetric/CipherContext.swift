internal import COpenSSL

/// A cipher context for one message; freeing it wipes the key schedule.
struct CipherContext: ~Copyable {
    let handle: OpaquePointer

    init() throws(CryptoError) {
        guard let handle = EVP_CIPHER_CTX_new() else { throw Library.failure("cipher context") }
        self.handle = handle
    }

    deinit { EVP_CIPHER_CTX_free(handle) }
}

/// Refuses keys, nonces and tags of another size before OpenSSL reads past their end.
func require(_ what: String, has expected: Int, _ actual: Int) throws(CryptoError) {
    guard expected == actual else { throw .wrongSize(of: what, expected: expected, actual: actual) }
}
