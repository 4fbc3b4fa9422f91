internal import Synchronization
internal import TokenCrypto
internal import TokenJOSE

/// Keys in use: the master key once it was needed, and signers and verifiers made once a key.
package final class Keyring: Sendable {
    private struct Held {
        var masterKey: MasterKey?
        var signers: [String: JWSSigner] = [:]
        var verifiers: [String: JWSVerifier] = [:]
    }

    package let source: MasterKeySource
    private let held = Mutex(Held())

    package init(source: MasterKeySource) {
        self.source = source
    }

    package func masterKey(id: String) throws -> MasterKey {
        if let key = held.withLock({ $0.masterKey }), key.id == id { return key }
        let key = try source.load(id: id)
        held.withLock { $0.masterKey = key }
        return key
    }

    /// What signs with `key`; opens the sealed private half the first time.
    func signer(for key: SigningKey, of facts: StoreFacts) throws -> JWSSigner {
        if let signer = held.withLock({ $0.signers[key.kid] }) { return signer }
        let signer = try JWSSigner(algorithm: key.algorithm, privateJWK: try privateJWK(of: key, facts))
        held.withLock { $0.signers[key.kid] = signer }
        return signer
    }

    /// What verifies with `key`: its public half, or for HS256 the sealed secret.
    func verifier(for key: SigningKey, of facts: StoreFacts) throws -> JWSVerifier {
        if let verifier = held.withLock({ $0.verifiers[key.kid] }) { return verifier }
        let verifier: JWSVerifier
        if key.algorithm.isSymmetric {
            verifier = try JWSVerifier(algorithm: key.algorithm, privateJWK: try privateJWK(of: key, facts))
        } else {
            verifier = try JWSVerifier(algorithm: key.algorithm, jwk: try key.jwk())
        }
        held.withLock { $0.verifiers[key.kid] = verifier }
        return verifier
    }

    func privateJWK(of key: SigningKey, _ facts: StoreFacts) throws -> PrivateJWK {
        guard let sealed = key.sealed else {
            throw Failure(.refused, "the private half of key \(key.kid) is gone", target: key.kid)
        }
        return try masterKey(id: facts.masterKeyID).open(sealed, context: key.sealContext(facts.storeID))
    }
}
