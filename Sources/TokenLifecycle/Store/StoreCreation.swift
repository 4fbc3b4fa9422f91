package import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// What `init` is told.
package struct StoreCreation {
    package var issuer = "https://tokenctl.example"
    package var audience = "api"
    /// The algorithm of the first keys; nil makes none (`--no-key`).
    package var algorithm: SignatureAlgorithm? = .es256
    /// Whose members may share the files.
    package var group: String?

    package init() {}

    /// Makes the database at `path`, its first signing key and the published standby that rotation will promote.
    ///
    /// The key set is written beside the database, so the standby is known to verifiers from the first minute. What `live`
    /// does to the new store belongs to the making as well: all of it, or there is no store.
    package func run(
        at path: String, clock: Clock, masterKey: MasterKeySource, actor: Actor, live: (Store) throws -> Void = { _ in }
    ) throws -> Store {
        try Names.check(issuer, "the issuer")
        try Names.check(audience, "the audience")
        let path = Files.absolute(path)
        let key = try masterKey.load()
        let keyring = Keyring(source: masterKey, of: path, holding: key)
        let database = try Failure.translating {
            try Database.create(
                at: path, steps: Store.steps, applicationID: Store.applicationID, group: group
            ) { draft in
                let store = Store(database: draft, clock: clock, keyring: keyring)
                try insertFacts(draft, key, at: clock.now())
                try fill(store, path: path, actor: actor)
                try live(store)
            }
        }
        return Store(database: database, clock: clock, keyring: keyring)
    }

    /// Removes what an `init` that was killed left beside `path` and where the master key lies; never what another makes now.
    package static func removeAbandoned(at path: String, masterKey: MasterKeySource) {
        Database.removeAbandonedDraft(of: path)
        for place in masterKey.places { AtomicFile.removeAbandoned(beside: place.path) }
    }

    private func insertFacts(_ database: Database, _ masterKey: MasterKey, at now: Instant) throws {
        let storeID = Crockford.encode(try Entropy.bytes(10))
        // Its thumbprint is what --trust takes: like a kid, it must not look like a flag.
        let identity = try KeyMaterial.generate(.edDSA).privateJWK
        let sealed = try masterKey.seal(identity, context: SealContext.identity(storeID))
        let idKey = try Entropy.bytes(16)
        let replayKey = try Entropy.bytes(32)
        let publicIdentity = identity.publicJWK?.json().text ?? ""
        _ = try database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO store (id, store_id, epoch, created_at, last_write_at, id_key, replay_key, master_key_id,
                                   identity_jwk, identity_sealed)
                VALUES (1, \(storeID), 1, \(now), \(now), \(idKey), \(replayKey), \(masterKey.id), \(publicIdentity),
                        \(sealed))
                """)
        }
    }

    private func fill(_ store: Store, path: String, actor: Actor) throws {
        let first = try algorithm.map { try KeyMaterial.generate($0) }
        let standby = try algorithm.map { try KeyMaterial.generate($0) }
        try store.write(as: actor) { writer in
            try writer.setPolicy("token.issuer", to: issuer)
            try writer.setPolicy("token.audience", to: audience)
            try writer.setPolicy("jwks.file", to: Self.keySetPath(besides: path))
            if let first, let standby {
                let signer = try writer.insertKey(first, origin: .generated)
                try writer.schedule(signer, atOnce: true)
                try writer.insertKey(standby, origin: .generated)
            }
            try writer.audit("init", target: writer.facts.storeID, counts: ["keys": first == nil ? 0 : 2])
        }
        if algorithm != nil { try store.run(KeyPublication(), as: actor) }
    }

    /// `tokens.db` publishes to `tokens.jwks.json`.
    private static func keySetPath(besides path: String) -> String {
        let stem = path.hasSuffix(".db") ? String(path.dropLast(3)) : path
        return stem + ".jwks.json"
    }
}
