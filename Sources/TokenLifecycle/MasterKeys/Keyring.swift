internal import Synchronization
internal import TokenCrypto
internal import TokenJOSE

/// Keys in use: the master key once it was needed, what signs, and verifiers made once a key.
package final class Keyring: Sendable {
    private struct Held {
        var masterKey: MasterKey?
        /// One at a time: the private half of a key that signs no more does not stay in memory.
        var signer: (kid: String, signer: JWSSigner)?
        var verifiers: [String: JWSVerifier] = [:]
    }

    package let source: MasterKeySource
    /// The file of the store whose keys these are.
    private let database: String
    private let held: Mutex<Held>

    package init(source: MasterKeySource, of database: String, holding masterKey: MasterKey? = nil) {
        self.source = source
        self.database = database
        held = Mutex(Held(masterKey: masterKey))
    }

    /// Refuses to write an export where the database, its log or a master key is: it would be gone.
    package func refuseOverwriting(_ path: String) throws(Failure) {
        let beside = ["", "-wal", "-shm", "-journal"].map { database + $0 }
        let keys = source.places.map(\.path)
        // A rewrap keeps keys as `<path>.<id>`.
        let kept = keys.contains { Files.absolute(path).hasPrefix(Files.absolute($0) + ".") }
        guard !kept, !(beside + keys).contains(where: { Files.areSame($0, path) }) else {
            throw Failure(
                .refused, "\(path) is the database or the master key of this store", hint: "name another file",
                target: path)
        }
    }

    /// The master key of this id. Throws `MasterKeyLocked` where its file is protected and nobody has been asked yet.
    package func masterKey(id: String) throws -> MasterKey {
        if let key = held.withLock({ $0.masterKey }), key.id == id { return key }
        return hold(try source.load(id: id, mayAsk: false))
    }

    /// Asks for the passphrase of the master key of this id. Not inside a transaction: it may take minutes.
    func unlock(id: String) throws {
        hold(try source.load(id: id, mayAsk: true))
    }

    @discardableResult
    func hold(_ key: MasterKey) -> MasterKey {
        held.withLock { $0.masterKey = key }
        return key
    }

    /// What signs with `key`; opens the sealed private half the first time.
    func signer(for key: SigningKey, of facts: StoreFacts) throws -> JWSSigner {
        if let signer = held.withLock({ $0.signer }), signer.kid == key.kid { return signer.signer }
        let signer = try JWSSigner(algorithm: key.algorithm, privateJWK: try privateJWK(of: key, facts))
        held.withLock { $0.signer = (key.kid, signer) }
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

/// Thrown inside a transaction that needs a master key whose passphrase nobody has been asked for yet.
struct MasterKeyLocked: Error {
    var id: String
}
