internal import COpenSSL

/// A key as OpenSSL's decoders gave it, not yet trusted: its numbers are taken out and go through the same checks as those
/// of a JWK, so that every encoding is held to the same rules.
struct DecodedKey: ~Copyable {
    private let handle: OpaquePointer

    /// `decode` is given the length, and returns the key and how many bytes it consumed; it must be all of them.
    init(length: Int, _ decode: (Int) -> (OpaquePointer?, Int)) throws(CryptoError) {
        let (key, consumed) = decode(length)
        guard let key else { throw .unacceptableKey(.undecodable) }
        guard consumed == length else {
            EVP_PKEY_free(key)
            throw .unacceptableKey(.undecodable)
        }
        handle = key
    }

    /// Takes over a key that OpenSSL generated.
    init(generated key: OpaquePointer?) throws(CryptoError) {
        guard let key else { throw Library.failure("generating a key") }
        handle = key
    }

    deinit { EVP_PKEY_free(handle) }

    func publicComponents() throws(CryptoError) -> PublicKeyComponents {
        switch try keyType() {
        case .p256:
            guard let x = try BigNumber(parameter: KeyParameter.x, of: handle).padded(to: P256Key.size),
                let y = try BigNumber(parameter: KeyParameter.y, of: handle).padded(to: P256Key.size)
            else { throw .unacceptableKey(.wrongLength) }
            return .p256(x: x.withUnsafeBytes { Array($0) }, y: y.withUnsafeBytes { Array($0) })
        case .ed25519:
            var point = [UInt8](repeating: 0, count: Ed25519Key.size)
            var count = point.count
            guard EVP_PKEY_get_raw_public_key(handle, &point, &count) == 1, count == Ed25519Key.size
            else { throw .unacceptableKey(.wrongLength) }
            return .ed25519(point)
        case .rsa:
            return .rsa(
                modulus: try BigNumber(parameter: KeyParameter.n, of: handle).bytes,
                exponent: try BigNumber(parameter: KeyParameter.e, of: handle).bytes)
        }
    }

    func privateComponents() throws(CryptoError) -> PrivateKeyComponents {
        let publicHalf = try publicComponents()
        switch publicHalf {
        case .p256:
            guard let d = try BigNumber(parameter: KeyParameter.privateKey, of: handle).padded(to: P256Key.size)
            else { throw .unacceptableKey(.wrongLength) }
            return PrivateKeyComponents(publicHalf: publicHalf, d: d)
        case .ed25519:
            var seed = SecretBytes(count: Ed25519Key.size)
            var count = seed.count
            let result = seed.withUnsafeMutableBytes { EVP_PKEY_get_raw_private_key(handle, $0.bytes, &count) }
            guard result == 1, count == Ed25519Key.size else { throw .unacceptableKey(.wrongLength) }
            return PrivateKeyComponents(publicHalf: publicHalf, d: seed)
        case .rsa:
            return PrivateKeyComponents(
                publicHalf: publicHalf,
                d: try BigNumber(parameter: KeyParameter.d, of: handle).secretBytes,
                crt: RSAFactors(
                    p: try BigNumber(parameter: KeyParameter.p, of: handle).secretBytes,
                    q: try BigNumber(parameter: KeyParameter.q, of: handle).secretBytes,
                    dp: try BigNumber(parameter: KeyParameter.dp, of: handle).secretBytes,
                    dq: try BigNumber(parameter: KeyParameter.dq, of: handle).secretBytes,
                    qi: try BigNumber(parameter: KeyParameter.qi, of: handle).secretBytes))
        }
    }

    private func keyType() throws(CryptoError) -> KeyType {
        if EVP_PKEY_is_a(handle, "ED25519") == 1 { return .ed25519 }
        if EVP_PKEY_is_a(handle, "RSA") == 1 { return .rsa }
        guard EVP_PKEY_is_a(handle, "EC") == 1 else { throw .unacceptableKey(.unsupportedType) }
        var explicit: Int32 = 0
        if EVP_PKEY_get_int_param(handle, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) == 1,
            explicit != 0
        {
            throw .unacceptableKey(.explicitParameters)
        }
        var name = [CChar](repeating: 0, count: 64)
        guard EVP_PKEY_get_utf8_string_param(handle, KeyParameter.group.cString, &name, name.count, nil) == 1,
            EC_curve_nist2nid("P-256") == OBJ_txt2nid(name)
        else { throw .unacceptableKey(.unsupportedType) }
        return .p256
    }
}

extension UnsafeRawBufferPointer {
    /// How far a decoder moved the pointer it was given.
    func consumed(upTo position: UnsafePointer<UInt8>?) -> Int {
        guard let baseAddress, let position else { return 0 }
        return UnsafeRawPointer(position) - baseAddress
    }
}
