package import TokenCrypto

/// A public key as a JSON Web Key (RFC 7517): EC on P-256, OKP on Ed25519 (RFC 8037), or RSA. Its numbers were checked, and
/// it cannot hold private ones.
package struct JWK: Sendable {
    package let components: PublicKeyComponents
    package let kid: String?
    /// The only algorithm it may be used with, when it says so.
    package let alg: SignatureAlgorithm?

    package init(_ components: PublicKeyComponents, kid: String? = nil, alg: SignatureAlgorithm? = nil)
        throws(JOSEError)
    {
        if let alg, alg.keyType != components.keyType { throw JOSEError(.algorithmMismatch) }
        try joining { () throws(CryptoError) in _ = try PublicKey(components) }
        self.init(checked: components, kid: kid, alg: alg)
    }

    init(checked components: PublicKeyComponents, kid: String?, alg: SignatureAlgorithm?) {
        self.components = components
        self.kid = kid
        self.alg = alg
    }

    /// Reads one JWK. Private and symmetric members are refused: whoever put them into a public place has leaked a key and
    /// should hear of it. `x5u`, `x5c`, `x5t` are ignored, as RFC 7517 §4 allows: nothing is fetched, no certificate trusted.
    package init(parsing json: JSON) throws(JOSEError) {
        let attributes = try KeyAttributes(json, operation: "verify")
        guard attributes.type != .symmetric else { throw JOSEError(.symmetricInPublic) }
        for name in PrivateMember.names where json[name] != nil { throw JOSEError(.privateInPublic) }
        try self.init(
            PublicMembers.components(of: attributes.type, in: json), kid: attributes.kid, alg: attributes.alg)
    }

    package var supportedAlgorithms: [SignatureAlgorithm] {
        alg.map { [$0] } ?? components.keyType.algorithms
    }

    /// The JWK Thumbprint (RFC 7638) over SHA-256, in base64url: 43 characters.
    package var thumbprint: String {
        Base64URL.encode(SHA256.hash(JSON.object(PublicMembers.json(of: components)).canonical))
    }

    /// The JWK to publish: type, id, use and algorithm, then the numbers.
    package func json(kid: String? = nil, alg: SignatureAlgorithm? = nil) -> JSON {
        let numbers = PublicMembers.json(of: components)
        var members = Array(numbers.prefix(1))
        if let kid = kid ?? self.kid { members.append(.init("kid", .string(kid))) }
        members.append(.init("use", "sig"))
        if let alg = alg ?? self.alg { members.append(.init("alg", .string(alg.rawValue))) }
        return .object(members + numbers.dropFirst())
    }

    /// Reads the one public key of a PEM text: SPKI, or PKCS#1 of RSA.
    package static func fromPEM(_ text: String) throws(JOSEError) -> JWK {
        let imported = try KeyImport(reading: SecretBytes(copying: Array(text.utf8)))
        guard imported.keys.count == 1, case .publicKey(let key) = imported.keys[0]
        else { throw JOSEError(imported.keys.count == 1 ? .privateInPublic : .unrecognized) }
        return key
    }

    /// The SubjectPublicKeyInfo as PEM, lines of 64 characters (RFC 7468 §13).
    package func pem() throws(JOSEError) -> String {
        try joining { () throws(CryptoError) in try PublicKey(components).subjectPublicKeyInfoPEM() }
    }
}

extension JWK: Equatable {
    package static func == (left: JWK, right: JWK) -> Bool {
        left.components == right.components && left.alg == right.alg
            && left.kid.map { Array($0.utf8) } == right.kid.map { Array($0.utf8) }
    }
}
