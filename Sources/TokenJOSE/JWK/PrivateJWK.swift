package import TokenCrypto

/// A private or symmetric key with its text as a JWK. Both are wiped when the last reference goes.
package final class PrivateJWK: Sendable {
    /// What the key is made of.
    enum Material: ~Copyable, Sendable {
        case privateKey(PrivateKey)
        case secret(SecretBytes)
    }

    let material: Material
    /// nil for a symmetric key, which has no public half.
    package let publicJWK: JWK?
    package let kid: String?
    /// The only algorithm it may be used with, when it says so; always HS256 for a symmetric key.
    package let alg: SignatureAlgorithm?
    /// The key as a JWK, in our order of members: what is sealed at rest.
    package let text: SecretBytes

    package var isSymmetric: Bool { publicJWK == nil }
    package var kty: String { publicJWK?.json()["kty"]?.stringValue ?? "oct" }
    package var supportedAlgorithms: [SignatureAlgorithm] { publicJWK?.supportedAlgorithms ?? [.hs256] }

    /// The least bytes of an HS256 secret (RFC 7518 §3.2).
    package static let leastSecretSize = 32

    /// A new key for `algorithm`. `rsaBits` matters for RSA only.
    package static func generate(
        for algorithm: SignatureAlgorithm, rsaBits: Int = PrivateKey.defaultRSABits
    ) throws(JOSEError) -> PrivateJWK {
        guard let type = algorithm.keyType else {
            let secret = try joining { () throws(CryptoError) in try Entropy.secret(leastSecretSize) }
            return try PrivateJWK(secret: secret)
        }
        let components = try joining { () throws(CryptoError) in
            try PrivateKeyComponents.generate(type, rsaBits: rsaBits)
        }
        return try PrivateJWK(components, kid: nil, alg: algorithm)
    }

    /// The raw bytes of an HS256 secret. One of fewer than 32 bytes is refused unless `allowWeak`; an empty one always.
    package init(secret: borrowing SecretBytes, kid: String? = nil, allowWeak: Bool = false) throws(JOSEError) {
        guard secret.count >= (allowWeak ? 1 : Self.leastSecretSize) else { throw JOSEError(.weakSecret) }
        material = .secret(secret.copy())
        publicJWK = nil
        self.kid = kid
        alg = .hs256
        text = PrivateText.symmetric(secret, kid: kid)
    }

    package init(
        _ components: borrowing PrivateKeyComponents, kid: String?, alg: SignatureAlgorithm?
    ) throws(JOSEError) {
        if let alg, alg.keyType != components.publicHalf.keyType { throw JOSEError(.algorithmMismatch) }
        let key = try joining { () throws(CryptoError) in try PrivateKey(components) }
        let publicJWK = JWK(checked: components.publicHalf, kid: kid, alg: alg)
        material = .privateKey(key)
        self.publicJWK = publicJWK
        self.kid = kid
        self.alg = alg
        text = PrivateText.asymmetric(components, kid: kid, alg: alg)
    }

    /// Reads one private or symmetric JWK. The private half must belong to the public half beside it.
    package convenience init(parsing text: borrowing SecretBytes, allowWeak: Bool = false) throws(JOSEError) {
        try self.init(PrivateMembers(try SecretJSON.reading(text)), allowWeak: allowWeak)
    }

    convenience init(_ members: borrowing PrivateMembers, allowWeak: Bool) throws(JOSEError) {
        let attributes = try KeyAttributes(members.tree, operation: "sign")
        guard case .asymmetric = attributes.type else {
            try self.init(secret: try members.bytes("k"), kid: attributes.kid, allowWeak: allowWeak)
            return
        }
        guard members.tree["d"] != nil else { throw JOSEError(.notPrivate) }
        let publicHalf = try PublicMembers.components(of: attributes.type, in: members.tree)
        let components = PrivateKeyComponents(
            publicHalf: publicHalf, d: try members.bytes("d"), crt: try members.factors(of: publicHalf))
        try self.init(components, kid: attributes.kid, alg: attributes.alg)
    }

    /// The bytes of a symmetric key. Any other has none: `algorithmMismatch`.
    package func secret() throws(JOSEError) -> SecretBytes {
        switch material {
        case .secret(let secret): secret.copy()
        case .privateKey: throw JOSEError(.algorithmMismatch)
        }
    }

    /// Reads the one private key of a PEM text: PKCS#8, SEC 1 or PKCS#1, without passphrase.
    package static func fromPEM(_ text: borrowing SecretBytes) throws(JOSEError) -> PrivateJWK {
        let imported = try KeyImport(reading: text)
        guard imported.keys.count == 1, case .privateKey(let key) = imported.keys[0]
        else { throw JOSEError(imported.keys.count == 1 ? .notPrivate : .unrecognized) }
        return key
    }

    /// The key as PKCS#8 PEM without encryption. A symmetric key has none: `unsupportedKeyType`.
    package func pem() throws(JOSEError) -> SecretBytes {
        switch material {
        case .privateKey(let key): try joining { () throws(CryptoError) in try key.pkcs8PEM() }
        case .secret: throw JOSEError(.unsupportedKeyType)
        }
    }
}

extension PrivateJWK {
    /// Whether two symmetric keys are the same, compared in constant time; false where either has a public half.
    package func hasSameSecret(as other: PrivateJWK) -> Bool {
        switch material {
        case .privateKey: false
        case .secret(let ours):
            switch other.material {
            case .privateKey: false
            case .secret(let theirs): ConstantTime.equal(ours, theirs)
            }
        }
    }
}
