internal import COpenSSL

/// The one door to libcrypto: initialised before first use, algorithms fetched once, error queue left as clean as found.
///
/// `@unchecked Sendable`: fetched algorithms are immutable and reference counted by OpenSSL; they live as long as the process.
struct Library: @unchecked Sendable {
    let sha256: OpaquePointer
    let hmac: OpaquePointer
    let hkdf: OpaquePointer
    let aes256GCM: OpaquePointer
    let aes256Wrap: OpaquePointer

    private static let shared = Library()

    /// Without a configuration file: `OPENSSL_CONF` must not be able to load an engine or provider into a process that
    /// holds signing keys.
    private init() {
        guard OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil) == 1,
            let sha256 = EVP_MD_fetch(nil, "SHA2-256", nil),
            let hmac = EVP_MAC_fetch(nil, "HMAC", nil),
            let hkdf = EVP_KDF_fetch(nil, "HKDF", nil),
            let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil),
            let aes256Wrap = EVP_CIPHER_fetch(nil, "AES-256-WRAP", nil)
        else { Self.isBroken("the basic algorithms") }
        self.sha256 = sha256
        self.hmac = hmac
        self.hkdf = hkdf
        self.aes256GCM = aes256GCM
        self.aes256Wrap = aes256Wrap
    }

    /// One synchronous conversation with OpenSSL. Its error queue belongs to the thread, so it is emptied before, lest an
    /// old entry explain a new failure, and after, lest ours do so to somebody else.
    @inline(__always)
    static func call<Result: ~Copyable, Failure: Error>(
        _ body: (Library) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let library = shared
        ERR_clear_error()
        defer { ERR_clear_error() }
        return try body(library)
    }

    /// What OpenSSL says about the operation that just failed: its oldest entry, the root of the matter. Reason strings are
    /// constants of the library and never contain data.
    static func failure(_ operation: String) -> CryptoError {
        let code = ERR_peek_error()
        let reason = code == 0 ? nil : ERR_reason_error_string(code).map { String(cString: $0) }
        return .library(operation: operation, reason: reason ?? "no reason given")
    }

    /// Ends the process. Only for what no input can bring about: a libcrypto without SHA-256, or no memory left for a
    /// few hundred bytes. Going on without a digest would be worse than stopping.
    static func isBroken(_ what: String) -> Never {
        preconditionFailure("libcrypto cannot provide \(what)")
    }
}

package enum OpenSSLInfo {
    /// The version of the library at run time, for example `OpenSSL 3.0.19 27 Jan 2026`.
    package static var version: String {
        Library.call { _ in String(cString: OpenSSL_version(OPENSSL_VERSION)) }
    }
}
