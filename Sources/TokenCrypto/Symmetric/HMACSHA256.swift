internal import COpenSSL

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1): tags of 32 bytes.
package enum HMACSHA256 {
    package static let tagSize = 32

    package static func tag(of message: [UInt8], key: borrowing SecretBytes) -> [UInt8] {
        HMACSHA256Key(key).tag(of: message)
    }

    package static func tag(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        tag(of: message, key: SecretBytes(copying: key))
    }
}

/// A key prepared once for many tags, from any thread.
package final class HMACSHA256Key: Sendable {
    private let contexts: ContextPool<HMACContext>

    package init(_ key: borrowing SecretBytes) {
        let key = key.copy()
        contexts = ContextPool { HMACContext(key: key) }
    }

    package func tag(of message: [UInt8]) -> [UInt8] {
        contexts.withContext { context in message.withUnsafeBytes { context.tag(of: $0) } }
    }

    /// Whether `tag` is the tag of `message`, in constant time. A shortened tag is not.
    package func isValid(_ tag: [UInt8], for message: [UInt8]) -> Bool {
        ConstantTime.equal(self.tag(of: message), tag)
    }
}

/// `@unchecked Sendable`: used by one thread at a time, which the pool that lends it sees to.
private final class HMACContext: @unchecked Sendable {
    private let context: OpaquePointer

    init(key: borrowing SecretBytes) {
        context = Library.call { library in
            guard let context = EVP_MAC_CTX_new(library.hmac) else { Library.isBroken("HMAC") }
            // A null key would mean "keep the old one", so even an empty key has an address.
            let result = key.withUnsafeBytes { bytes in
                withUnsafePointer(to: 0 as UInt8) { none in
                    tokenctl_hmac_sha256_init(context, bytes.bytes ?? none, bytes.count)
                }
            }
            guard result == 1 else { Library.isBroken("HMAC") }
            return context
        }
    }

    deinit { EVP_MAC_CTX_free(context) }

    func tag(of message: UnsafeRawBufferPointer) -> [UInt8] {
        Library.call { _ in
            [UInt8](unsafeUninitializedCapacity: HMACSHA256.tagSize) { tag, count in
                guard EVP_MAC_init(context, nil, 0, nil) == 1,
                    EVP_MAC_update(context, message.bytes, message.count) == 1,
                    EVP_MAC_final(context, tag.baseAddress, &count, HMACSHA256.tagSize) == 1
                else { Library.isBroken("HMAC") }
            }
        }
    }
}
