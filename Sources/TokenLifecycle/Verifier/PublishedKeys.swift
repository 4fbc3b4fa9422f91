internal import TokenCrypto
internal import TokenJOSE

/// The keys of a key set as `tokenctl key publish` writes it, ready to verify with.
enum PublishedKeys {
    /// What serves another purpose, or does not say its `kid` and `alg`, is left out (RFC 7517 §5). A secret in a public place,
    /// or a kid that stands for two keys, makes the set unusable.
    static func read(_ path: String) throws -> [String: KnownKey] {
        let bytes = try InputFile.read(path, limit: 1 << 20)
        guard let elements = (try? JSON(parsing: bytes))?["keys"]?.arrayValue else {
            throw Failure(.malformed, "\(path) is no key set", target: path)
        }
        var keys: [String: KnownKey] = [:]
        for element in elements {
            guard let jwk = try key(element, path), let kid = jwk.kid, let algorithm = jwk.alg else { continue }
            let known = KnownKey(
                SigningKey(published: jwk, kid: kid, algorithm),
                verifier: try JWSVerifier(algorithm: algorithm, jwk: jwk))
            guard keys.updateValue(known, forKey: kid) == nil else {
                throw Failure(.malformed, "\(path) has two keys of the kid \(kid)", target: path)
            }
        }
        return keys
    }

    private static func key(_ json: JSON, _ path: String) throws(Failure) -> JWK? {
        do throws(JOSEError) { return try JWK(parsing: json) } catch {
            guard error.reason != .privateInPublic, error.reason != .symmetricInPublic else {
                throw Failure(.refused, "\(path) holds a secret: \(error)", target: path)
            }
            return nil
        }
    }
}

extension SigningKey {
    /// What a key set tells of a key: enough to judge a token by.
    fileprivate init(published jwk: JWK, kid: String, _ algorithm: SignatureAlgorithm) {
        row = 0
        self.kid = kid
        self.algorithm = algorithm
        origin = .generated
        publicJWK = jwk.json().text
        answersWithoutKid = false
        createdAt = .epoch
    }
}
