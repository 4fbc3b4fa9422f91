package import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// A new key before it has a row: made outside the transaction, because making one takes time.
package final class KeyMaterial: Sendable {
    package let kid: String
    package let algorithm: SignatureAlgorithm
    package let publicJWK: JWK?
    let privateJWK: PrivateJWK

    /// `kid` is the thumbprint (RFC 7638) unless given; of a secret it is random, as a thumbprint would let anyone test guesses.
    init(_ privateJWK: PrivateJWK, algorithm: SignatureAlgorithm, kid: String? = nil) throws {
        self.algorithm = algorithm
        publicJWK = privateJWK.publicJWK
        self.kid = try kid ?? publicJWK?.thumbprint ?? Base64URL.encode(Entropy.bytes(16))
        self.privateJWK = privateJWK
    }

    package static func generate(_ algorithm: SignatureAlgorithm, kid: String? = nil) throws -> KeyMaterial {
        if let kid { try Names.check(kid, "the kid", longest: 128) }
        while true {
            let key = try KeyMaterial(try PrivateJWK.generate(for: algorithm), algorithm: algorithm, kid: kid)
            if kid != nil || !key.kid.looksLikeFlag { return key }
        }
    }
}

extension StoreWriter {
    /// Stores a key with its private half sealed; returns its row.
    @discardableResult
    func insertKey(_ key: KeyMaterial, origin: SigningKey.Origin) throws -> Int64 {
        let context = SealContext(storeID: facts.storeID, kid: key.kid, algorithm: key.algorithm.rawValue)
        let sealed = try keyring.masterKey(id: facts.masterKeyID).seal(key.privateJWK, context: context)
        try refuseUsedKid(key.kid)
        let publicJWK = key.publicJWK?.json(kid: key.kid, alg: key.algorithm).text
        return try insert(
            """
            INSERT INTO signing_key (kid, alg, origin, public_jwk, sealed, created_at)
            VALUES (\(key.kid), \(key.algorithm.rawValue), \(origin.rawValue), \(publicJWK), \(sealed), \(now))
            RETURNING id
            """
        ).get(0)
    }

    /// A kid is never used twice, not even after its key is gone: a cached key of that name would still verify.
    func refuseUsedKid(_ kid: String) throws {
        guard try key(kid: kid) == nil else {
            throw Failure(.refused, "kid \(kid) is or was used by another key", hint: "give another --kid", target: kid)
        }
    }
}
