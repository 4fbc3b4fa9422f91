internal import COpenSSL

/// The one door to libcrypto: initialised before first use, algorithms fetched once, error queue left as clean as found.
struct Library: Sendable {
    /// Fetched when first needed: a verb that hashes but never opens a key pays for the digest alone.
    var sha256: OpaquePointer { Self.fetchedSHA256.pointer }
    var hmac: OpaquePointer { Self.fetchedHMAC.pointer }
    var hkdf: OpaquePointer { Self.fetchedHKDF.pointer }
    var aes256GCM: OpaquePointer { Self.fetchedAES256GCM.pointer }
    var aes256Wrap: OpaquePointer { Self.fetchedAES256Wrap.pointer }

    /// `@unchecked Sendable`: fetched algorithms are immutable and reference counted by OpenSSL; they live as long as the
    /// process.
    private struct Fetched: @unchecked Sendable {
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer?, _ name: String) {
            guard let pointer else { Library.isBroken(name) }
            self.pointer = pointer
        }
    }

    private static let fetchedSHA256 = Fetched(EVP_MD_fetch(nil, "SHA2-256", nil), "SHA-256")
    private static let fetchedHMAC = Fetched(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
    private static let fetchedHKDF = Fetched(EVP_KDF_fetch(nil, "HKDF", nil), "HKDF")
    private static let fetchedAES256GCM = Fetched(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), "AES-256-GCM")
    private static let fetchedAES256Wrap = Fetched(EVP_CIPHER_fetch(nil, "AES-256-WRAP", nil), "AES-256-WRAP")

    private static let shared = Library()

    /// Without a configuration file: `OPENSSL_CONF` must not be able to load an engine or provider into a process that
    /// holds signing keys. Without the tables of every cipher and digest too: what is used is fetched by name.
    private init() {
        let options =
            OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS
            | OPENSSL_INIT_NO_ATEXIT
        guard OPENSSL_init_crypto(UInt64(options), nil) == 1 else { Self.isBroken("itself") }
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
