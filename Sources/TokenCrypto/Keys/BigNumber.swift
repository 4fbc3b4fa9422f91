internal import COpenSSL

/// A number of OpenSSL's, wiped when it ends: it may be a private one.
struct BigNumber: ~Copyable {
    let handle: OpaquePointer

    /// A number that `fill` sets, and reports whether it could. `failure` is thrown when not.
    private init(
        orThrow failure: CryptoError? = nil, _ fill: (OpaquePointer) -> Bool
    ) throws(CryptoError) {
        // "Secure" makes OpenSSL wipe every place it copies the number to, the parameter lists of keys among them.
        guard let handle = BN_secure_new() else { throw Library.failure("big number") }
        guard fill(handle) else {
            BN_clear_free(handle)
            throw failure ?? Library.failure("big number")
        }
        self.handle = handle
    }

    /// Zero, to be written to.
    init() throws(CryptoError) {
        try self.init { _ in true }
    }

    init(_ bytes: [UInt8]) throws(CryptoError) {
        try self.init { BN_bin2bn(bytes, Int32(bytes.count), $0) != nil }
    }

    init(_ secret: borrowing SecretBytes) throws(CryptoError) {
        try self.init { handle in secret.withUnsafeBytes { BN_bin2bn($0.bytes, Int32($0.count), handle) != nil } }
    }

    /// A copy of a parameter of `key`, such as `n`, `priv` or `rsa-factor1`.
    init(parameter name: StaticString, of key: OpaquePointer) throws(CryptoError) {
        try self.init(orThrow: .unacceptableKey(.incomplete)) { handle in
            var destination: OpaquePointer? = handle
            return EVP_PKEY_get_bn_param(key, name.cString, &destination) == 1
        }
    }

    deinit { BN_clear_free(handle) }

    var bitCount: Int { Int(BN_num_bits(handle)) }
    var byteCount: Int { (bitCount + 7) / 8 }
    var isOdd: Bool { BN_is_odd(handle) == 1 }

    func isEqual(to other: borrowing BigNumber) -> Bool { BN_cmp(handle, other.handle) == 0 }

    /// Big-endian, without leading zeros.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
            count = Int(BN_bn2bin(handle, bytes.baseAddress))
        }
    }

    /// Big-endian, filled up with zeros to `count` bytes; nil when it does not fit.
    func padded(to count: Int) -> SecretBytes? {
        var secret = SecretBytes(count: count)
        let written = secret.withUnsafeMutableBytes { BN_bn2binpad(handle, $0.bytes, Int32(count)) }
        guard written == Int32(count) else { return nil }
        return secret
    }

    var secretBytes: SecretBytes {
        let count = byteCount
        return SecretBytes(unsafeUninitializedCapacity: count) { memory, written in
            written = Int(BN_bn2bin(handle, memory.bytes))
        }
    }
}
