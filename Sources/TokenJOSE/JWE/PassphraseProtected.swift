package import TokenCrypto

/// A text protected by a passphrase: a compact JWE with PBES2-HS512+A256KW (RFC 7518 §4.8) and A256GCM.
package enum PassphraseProtected {
    /// Rounds of PBKDF2 for what we write: OWASP's figure for HMAC-SHA-512.
    package static let iterations = 210_000
    /// What we accept to read: RFC 7518 §4.8.1.2 wants 1000 or more, and a hostile file must not buy minutes of our time.
    package static let allowedIterations: ClosedRange<Int64> = 1_000...2_000_000

    private static let algorithm = "PBES2-HS512+A256KW"
    private static let saltSize = 16
    private static let allowedSaltSizes = 8...1024

    /// `contentType` says what is inside, for example `octet-stream`.
    package static func seal(
        _ plaintext: borrowing SecretBytes, passphrase: borrowing SecretBytes, contentType: String,
        iterations: Int = iterations
    ) throws(JOSEError) -> String {
        guard allowedIterations.contains(Int64(iterations)) else { throw JOSEError(.badIterationCount) }
        let salt = try joining { () throws(CryptoError) in try Entropy.bytes(saltSize) }
        let header: JSON = [
            "alg": .string(algorithm), "enc": "A256GCM", "cty": .string(contentType),
            "p2s": .string(Base64URL.encode(salt)), "p2c": .integer(Int64(iterations)),
        ]
        let wrapping = try wrappingKey(passphrase, salt: salt, iterations: iterations)
        let key = try joining { () throws(CryptoError) in try Entropy.secret(AES256GCM.keySize) }
        let wrapped = try joining { () throws(CryptoError) in try AESKeyWrap.wrap(key, key: wrapping) }
        return try CompactJWE.encrypt(plaintext, header: header, encryptedKey: wrapped, key: key)
    }

    /// Opens what `seal` or another JOSE tool wrote. A wrong passphrase and an altered text are both `doesNotOpen`.
    package static func open(
        _ text: String, passphrase: borrowing SecretBytes
    ) throws(JOSEError) -> SecretBytes {
        let sealed = try CompactJWE(parsing: text)
        let header = try JOSEHeader.read(sealed.header[...])
        let (salt, iterations) = try parameters(in: header)
        let wrapping = try wrappingKey(passphrase, salt: salt, iterations: iterations)
        guard let key = AESKeyWrap.unwrap(sealed.encryptedKey, key: wrapping), key.count == AES256GCM.keySize
        else { throw JOSEError(.doesNotOpen) }
        return try sealed.decrypt(with: key)
    }

    /// Whether `text` has the shape of a compact JWE, so that a caller knows to ask for a passphrase.
    package static func isProtected(_ text: String) -> Bool {
        (try? CompactJWE(parsing: text)) != nil
    }

    private static func parameters(in header: JSON) throws(JOSEError) -> (salt: [UInt8], iterations: Int) {
        guard header["alg"] == .string(algorithm), header["enc"] == "A256GCM", header["crit"] == nil,
            header["zip"] == nil, let text = header["p2s"]?.stringValue
        else { throw JOSEError(.wrongHeader) }
        let salt = try CompactJWS.decode(Array(text.utf8)[...])
        guard allowedSaltSizes.contains(salt.count) else { throw JOSEError(.wrongHeader) }
        guard let iterations = header["p2c"]?.integerValue, allowedIterations.contains(iterations)
        else { throw JOSEError(.badIterationCount) }
        return (salt, Int(iterations))
    }

    /// RFC 7518 §4.8.1.1: the salt is the algorithm's name, a zero byte, and `p2s`.
    private static func wrappingKey(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], iterations: Int
    ) throws(JOSEError) -> SecretBytes {
        let salted = Array(algorithm.utf8) + [0] + salt
        return try joining { () throws(CryptoError) in
            try PBKDF2.derive(from: passphrase, salt: salted, iterations: iterations, count: AESKeyWrap.keySize)
        }
    }
}
