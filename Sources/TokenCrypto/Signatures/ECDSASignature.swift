internal import COpenSSL

/// A P-256 signature in the two forms it travels in: DER for OpenSSL, r‖s of exactly 64 bytes for JOSE (RFC 7518 §3.4).
package struct ECDSASignature: Equatable, Sendable {
    package static let size = 64
    package let raw: [UInt8]

    /// nil unless there are exactly 64 bytes. Whether r and s are in range is the verification's to say.
    package init?(raw: [UInt8]) {
        guard raw.count == Self.size else { return nil }
        self.raw = raw
    }

    /// Takes DER and nothing else: OpenSSL's decoder also reads other spellings of the same numbers.
    package init(der: [UInt8]) throws(CryptoError) {
        raw = try Library.call { (_) throws(CryptoError) -> [UInt8] in
            var raw = [UInt8](repeating: 0, count: Self.size)
            let converted = der.withUnsafeBytes { bytes -> Bool in
                var position = bytes.bytes
                guard let parsed = d2i_ECDSA_SIG(nil, &position, bytes.count) else { return false }
                defer { ECDSA_SIG_free(parsed) }
                return raw.withUnsafeMutableBytes { raw in
                    BN_bn2binpad(ECDSA_SIG_get0_r(parsed), raw.bytes, 32) == 32
                        && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), raw.bytes?.advanced(by: 32), 32) == 32
                }
            }
            guard converted else { throw Library.failure("decoding a signature") }
            return raw
        }
        guard try self.der() == der else {
            throw .library(operation: "decoding a signature", reason: "not in its canonical encoding")
        }
    }

    package func der() throws(CryptoError) -> [UInt8] {
        try Library.call { (_) throws(CryptoError) -> [UInt8] in
            var der = [UInt8](repeating: 0, count: 80)
            guard let count = der.withUnsafeMutableBytes({ encode(into: $0) }) else {
                throw Library.failure("encoding a signature")
            }
            return Array(der.prefix(count))
        }
    }

    /// Writes DER into `room`, which must hold 72 bytes, and returns how many were needed.
    func encode(into room: UnsafeMutableRawBufferPointer) -> Int? {
        raw.withUnsafeBytes { raw -> Int? in
            guard let signature = ECDSA_SIG_new() else { return nil }
            defer { ECDSA_SIG_free(signature) }
            let r = BN_bin2bn(raw.bytes, 32, nil)
            let s = BN_bin2bn(raw.bytes?.advanced(by: 32), 32, nil)
            // Takes both numbers over, unless one is missing.
            guard ECDSA_SIG_set0(signature, r, s) == 1 else {
                BN_free(r)
                BN_free(s)
                return nil
            }
            var position = room.bytes
            let count = i2d_ECDSA_SIG(signature, &position)
            return count > 0 ? Int(count) : nil
        }
    }
}
