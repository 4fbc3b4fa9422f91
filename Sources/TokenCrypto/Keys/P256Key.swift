internal import COpenSSL

/// Keys on NIST P-256 (FIPS 186-5, SP 800-186 §3.2.1.3).
enum P256Key {
    /// Bytes of a coordinate and of a scalar.
    static let size = 32

    /// OpenSSL refuses coordinates outside the field and points off the curve when it decodes them.
    static func make(x: [UInt8], y: [UInt8]) throws(CryptoError) -> OpaquePointer {
        let point = try uncompressed(x: x, y: y)
        let parameters = try KeyParameters()
        try parameters.add(KeyParameter.group, text: "prime256v1")
        return try withBytes(of: point) { (bytes) throws(CryptoError) -> OpaquePointer in
            try parameters.add(KeyParameter.publicKey, bytes: bytes)
            return try parameters.makeKey("EC", isPrivate: false, orRefuse: .pointNotOnCurve)
        }
    }

    static func make(x: [UInt8], y: [UInt8], d: borrowing SecretBytes) throws(CryptoError) -> OpaquePointer {
        guard d.count == size else { throw .unacceptableKey(.wrongLength) }
        // The public half first, so that its flaws are named as its own.
        EVP_PKEY_free(try make(x: x, y: y))
        let scalar = try BigNumber(d)
        let parameters = try KeyParameters()
        try parameters.add(KeyParameter.group, text: "prime256v1")
        try parameters.add(KeyParameter.privateKey, scalar)
        let key = try withBytes(of: try uncompressed(x: x, y: y)) { (bytes) throws(CryptoError) -> OpaquePointer in
            try parameters.add(KeyParameter.publicKey, bytes: bytes)
            return try parameters.makeKey("EC", isPrivate: true, orRefuse: .mismatchedHalves)
        }
        guard isPair(key) else {
            EVP_PKEY_free(key)
            throw .unacceptableKey(.mismatchedHalves)
        }
        return key
    }

    /// Whether the public point is the scalar times the generator, and the scalar in its range.
    private static func isPair(_ key: OpaquePointer) -> Bool {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_private_check(context) == 1 && EVP_PKEY_pairwise_check(context) == 1
    }

    private static func uncompressed(x: [UInt8], y: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard x.count == size, y.count == size else { throw .unacceptableKey(.wrongLength) }
        return [UInt8(POINT_CONVERSION_UNCOMPRESSED.rawValue)] + x + y
    }
}

/// `Array.withUnsafeBytes` does not carry a typed error through; this does.
func withBytes<Result, Failure: Error>(
    of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let outcome = bytes.withUnsafeBytes { buffer -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try outcome.get()
}
