internal import COpenSSL

/// Keys on Ed25519 (RFC 8032 §5.1, RFC 8410).
enum Ed25519Key {
    /// Bytes of a public key and of a seed.
    static let size = 32

    static func make(_ point: [UInt8]) throws(CryptoError) -> OpaquePointer {
        try validate(point)
        guard let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, point, point.count)
        else { throw Library.failure("Ed25519 public key") }
        return key
    }

    static func make(_ point: [UInt8], seed: borrowing SecretBytes) throws(CryptoError) -> OpaquePointer {
        try validate(point)
        guard seed.count == size else { throw .unacceptableKey(.wrongLength) }
        let made = seed.withUnsafeBytes {
            EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, $0.bytes, $0.count)
        }
        guard let key = made else { throw Library.failure("Ed25519 private key") }
        // OpenSSL derives the public half from the seed; the one given must be the same.
        var derived = [UInt8](repeating: 0, count: size)
        var count = size
        guard EVP_PKEY_get_raw_public_key(key, &derived, &count) == 1, derived == point else {
            EVP_PKEY_free(key)
            throw .unacceptableKey(.mismatchedHalves)
        }
        return key
    }

    /// OpenSSL takes any 32 bytes for a public key, so this is ours to do.
    private static func validate(_ point: [UInt8]) throws(CryptoError) {
        guard point.count == size else { throw .unacceptableKey(.wrongLength) }
        var y = point
        y[size - 1] &= 0x7f  // the top bit is the sign of x
        guard y.reversed().lexicographicallyPrecedes(fieldPrime.reversed()) else {
            throw .unacceptableKey(.nonCanonicalPoint)
        }
        guard !lowOrder.contains(y) else { throw .unacceptableKey(.lowOrderPoint) }
        guard try isOnCurve(y) else { throw .unacceptableKey(.pointNotOnCurve) }
    }

    /// Whether some x satisfies −x² + y² = 1 + d·x²·y²: x² = (y² − 1) / (d·y² + 1) has a root exactly when numerator times
    /// denominator is a square. With d = −121665/121666 that product is, but for a square factor, the one below.
    private static func isOnCurve(_ littleEndian: [UInt8]) throws(CryptoError) -> Bool {
        let prime = try BigNumber(Array(fieldPrime.reversed()))
        let y = try BigNumber(Array(littleEndian.reversed()))
        let square = try BigNumber()
        let numerator = try BigNumber()
        let denominator = try BigNumber()
        let scaled = try BigNumber()
        let product = try BigNumber()
        guard let context = BN_CTX_new() else { throw Library.failure("big number") }
        defer { BN_CTX_free(context) }
        // (y² − 1) · (121666 − 121665·y²) · 121666, each modulo p
        guard BN_mod_sqr(square.handle, y.handle, prime.handle, context) == 1,
            BN_copy(numerator.handle, square.handle) != nil, BN_sub_word(numerator.handle, 1) == 1,
            BN_copy(scaled.handle, square.handle) != nil, BN_mul_word(scaled.handle, 121_665) == 1,
            BN_set_word(denominator.handle, 121_666) == 1,
            BN_mod_sub(denominator.handle, denominator.handle, scaled.handle, prime.handle, context) == 1,
            BN_mod_mul(product.handle, numerator.handle, denominator.handle, prime.handle, context) == 1,
            BN_mul_word(product.handle, 121_666) == 1
        else { throw Library.failure("big number") }
        return BN_kronecker(product.handle, prime.handle, context) == 1
    }

    /// 2^255 − 19, little-endian.
    private static let fieldPrime: [UInt8] = [0xed] + Array(repeating: 0xff, count: 30) + [0x7f]

    /// The y of the eight points whose order divides 8, little-endian, sign bit cleared: 1, −1, 0 and the two of order 8.
    private static let lowOrder: [[UInt8]] = [
        [1] + Array(repeating: 0, count: 31),
        [0xec] + Array(repeating: 0xff, count: 30) + [0x7f],
        Array(repeating: 0, count: 32),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]
}
