internal import COpenSSL

/// SHA-256 (FIPS 180-4): 32 bytes.
package enum SHA256 {
    package static let digestSize = 32

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    package static func hash(_ secret: borrowing SecretBytes) -> [UInt8] {
        secret.withUnsafeBytes { hash($0) }
    }

    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        Library.call { library in
            [UInt8](unsafeUninitializedCapacity: digestSize) { digest, count in
                guard EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, library.sha256, nil) == 1
                else { Library.isBroken("SHA-256") }
                count = digestSize
            }
        }
    }
}
