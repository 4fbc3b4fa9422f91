internal import COpenSSL

/// RSA keys (RFC 8017), with the limits of RFC 7518 §3.3 and FIPS 186-5 §A.1.1.
enum RSAKey {
    static let allowedBits = 2048...8192
    static let leastExponent: UInt = 65537

    static func make(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) -> OpaquePointer {
        let n = try BigNumber(modulus)
        let e = try BigNumber(exponent)
        try validate(modulus: n, exponent: e)
        let parameters = try KeyParameters()
        try parameters.add(KeyParameter.n, n)
        try parameters.add(KeyParameter.e, e)
        return try parameters.makeKey("RSA", isPrivate: false, orRefuse: .undecodable)
    }

    static func make(
        modulus: [UInt8], exponent: [UInt8], d: borrowing SecretBytes, crt factors: borrowing RSAFactors
    ) throws(CryptoError) -> OpaquePointer {
        let n = try BigNumber(modulus)
        let e = try BigNumber(exponent)
        try validate(modulus: n, exponent: e)
        let numbers = RSANumbers(
            n: n, e: e, d: try BigNumber(d), p: try BigNumber(factors.p), q: try BigNumber(factors.q),
            dp: try BigNumber(factors.dp), dq: try BigNumber(factors.dq), qi: try BigNumber(factors.qi))
        guard try numbers.belongTogether() else { throw .unacceptableKey(.mismatchedHalves) }
        let parameters = try KeyParameters()
        try parameters.add(KeyParameter.n, numbers.n)
        try parameters.add(KeyParameter.e, numbers.e)
        try parameters.add(KeyParameter.d, numbers.d)
        try parameters.add(KeyParameter.p, numbers.p)
        try parameters.add(KeyParameter.q, numbers.q)
        try parameters.add(KeyParameter.dp, numbers.dp)
        try parameters.add(KeyParameter.dq, numbers.dq)
        try parameters.add(KeyParameter.qi, numbers.qi)
        return try parameters.makeKey("RSA", isPrivate: true, orRefuse: .mismatchedHalves)
    }

    private static func validate(
        modulus n: borrowing BigNumber, exponent e: borrowing BigNumber
    ) throws(CryptoError) {
        guard n.bitCount >= allowedBits.lowerBound else { throw .unacceptableKey(.modulusTooSmall) }
        guard n.bitCount <= allowedBits.upperBound else { throw .unacceptableKey(.modulusTooLarge) }
        guard n.isOdd else { throw .unacceptableKey(.modulusEven) }
        guard e.isOdd, e.bitCount > 1 else { throw .unacceptableKey(.exponentInvalid) }
        guard e.bitCount <= 64 else { throw .unacceptableKey(.exponentTooLarge) }
        guard BN_get_word(e.handle) >= leastExponent else { throw .unacceptableKey(.exponentWeak) }
        guard !ROCA.hasFingerprint(n) else { throw .unacceptableKey(.roca) }
    }
}

/// All numbers of one RSA private key.
private struct RSANumbers: ~Copyable {
    let n: BigNumber, e: BigNumber, d: BigNumber
    let p: BigNumber, q: BigNumber, dp: BigNumber, dq: BigNumber, qi: BigNumber

    init(
        n: consuming BigNumber, e: consuming BigNumber, d: consuming BigNumber, p: consuming BigNumber,
        q: consuming BigNumber, dp: consuming BigNumber, dq: consuming BigNumber, qi: consuming BigNumber
    ) {
        self.n = n
        self.e = e
        self.d = d
        self.p = p
        self.q = q
        self.dp = dp
        self.dq = dq
        self.qi = qi
    }

    /// Whether n = p·q, d and the CRT exponents invert e, and qi inverts q (RFC 8017 §3.2). Given that p and q are prime, which
    /// is the generator's business, this proves that the private half signs for the public one, and costs microseconds.
    func belongTogether() throws(CryptoError) -> Bool {
        guard p.isOdd, q.isOdd, p.bitCount > 1, q.bitCount > 1 else { return false }
        guard let context = BN_CTX_secure_new() else { throw Library.failure("big number") }
        defer { BN_CTX_free(context) }
        let result = try BigNumber()
        guard BN_mul(result.handle, p.handle, q.handle, context) == 1 else { throw Library.failure("big number") }
        guard result.isEqual(to: n) else { return false }
        for (exponent, prime) in [(dp.handle, p.handle), (dq.handle, q.handle)] {
            let order = try BigNumber()
            guard BN_copy(order.handle, prime) != nil, BN_sub_word(order.handle, 1) == 1,
                BN_nnmod(result.handle, d.handle, order.handle, context) == 1
            else { throw Library.failure("big number") }
            guard BN_cmp(result.handle, exponent) == 0 else { return false }
            guard BN_mod_mul(result.handle, exponent, e.handle, order.handle, context) == 1
            else { throw Library.failure("big number") }
            guard BN_is_one(result.handle) == 1 else { return false }
        }
        guard BN_mod_mul(result.handle, qi.handle, q.handle, p.handle, context) == 1
        else { throw Library.failure("big number") }
        return BN_is_one(result.handle) == 1
    }
}
