internal import Glibc
internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `key rewrap`: seals every private key under another master key, in one transaction.
///
/// The new key is written and synced beside the old one before the transaction, under its own id (`FILE.<id>`), where every
/// reader finds it; after the commit it takes the old one's name, which stays in `FILE.<old id>`. So a rewrap that is killed
/// anywhere leaves all keys under the old or all under the new key, both within reach, and no key is overwritten: another
/// store, or an older backup, may still need the one replaced.
package struct KeyRewrap: Act {
    private let reason: String?
    private let new: MasterKey
    private let old: MasterKey
    /// The file that the new key was read from; nil where it takes the place of the old one.
    private let newPath: String?
    private let place: MasterKeySource.Place
    private let content: [UInt8]
    /// Of the old key's file, where that is protected.
    private let oldText: String?

    /// Reads both keys, asking for passphrases where they are protected; writes nothing. With `newPath`, that file's key;
    /// without, one made now, in place of the old, and protected if `isProtected` is set or the old one was.
    ///
    /// Fails with `.notPermitted` without the right old key, `.absent` for a `newPath` that is not there.
    package init(newPath: String?, isProtected: Bool, reason: String?, preparing store: Store) throws {
        self.reason = reason
        self.newPath = newPath
        let source = store.keyring.source
        let found = try source.find(id: try store.read { $0.facts.masterKeyID }, mayAsk: true)
        store.keyring.hold(found.key)
        old = found.key
        place = found.place
        oldText = found.protected
        if let newPath {
            guard !isProtected else {
                throw Failure(.usage, "--passphrase is for a key made here, not for the one in \(newPath)")
            }
            guard let file = try MasterKeyFile(at: newPath) else {
                throw Failure(
                    .absent, "no file \(newPath)", hint: "leave --new-master-key out, and a new key is made",
                    target: newPath)
            }
            new = try source.open(file, path: newPath)
            content = []
        } else {
            guard Files.mode(of: place.path) != nil else {
                throw Failure(
                    .notPermitted, "\(place.path) is a link", hint: "name the file itself", target: place.path)
            }
            new = try MasterKey.generate()
            let passphrase: Passphrase? =
                isProtected || found.protected != nil ? try source.passphrases.ask(place.path, .protecting) : nil
            content = try MasterKeyFile.content(new, passphrase: passphrase)
        }
    }

    package struct Decision {
        var keys: [SigningKey]
        var isDone: Bool
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        guard store.facts.masterKeyID != new.id else { return Decision(keys: [], isDone: true) }
        guard store.facts.masterKeyID == old.id else {
            throw Failure(.busy, "the master key was replaced meanwhile", hint: "look again, then try again")
        }
        return Decision(keys: try store.allKeys().filter(\.hasPrivateHalf), isDone: false)
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.rewrap", tier: decision.isDone ? .one : .two,
            summary: decision.isDone
                ? "nothing to do: the keys are sealed under master key \(new.id) already"
                : "seal \(decision.keys.count) private keys and the store's identity under another master key",
            count: decision.isDone ? 0 : decision.keys.count + 1)
        if !decision.isDone { preview.notes = notes }
        return preview
    }

    private var notes: [String] {
        let kept = place.beside(old.id)
        return
            newPath.map {
                ["from then on the master key is \($0): name it with --master-key or TOKENCTL_MASTER_KEY_FILE"]
            } ?? [
                "\(place.path) becomes the new master key; the old one is kept as \(kept)",
                "the old one opens older backups, and other stores that share it: delete it when nothing needs it",
            ]
    }

    private var details: [JSON.Member] {
        [.init("master_key_id", .string(new.id)), .init("previous_master_key_id", .string(old.id))]
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        guard !decision.isDone else {
            return Report(
                action: "key.rewrap", items: [.init(new.id, .unchanged)],
                lines: ["the keys are sealed under master key \(new.id) already"], details: details)
        }
        // Before the commit, so that what the store is sealed with is always within reach.
        if newPath == nil {
            _ = try NewFile.write(content, to: place.beside(new.id), makingFolders: false)
        }
        do {
            try store.reseal(decision.keys, from: old, to: new)
        } catch {
            if newPath == nil { unlink(place.beside(new.id)) }
            throw error
        }
        store.leavesTraces()
        var report = Report(
            action: "key.rewrap", items: decision.keys.map { .init($0.kid, .changed) },
            lines: [
                "\(decision.keys.count) private keys and the store's identity are sealed under master key \(new.id)"
            ]
                + notes,
            details: details)
        report.audit = try store.audit(
            "key.rewrap", target: new.id, reason: reason, counts: ["keys": Int64(decision.keys.count)])
        return report
    }

    /// Gives the new key the name that the old one has. Its own file stays, and what made way has one by now, so two stores
    /// that share a master key and rewrap at the same time lose neither.
    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        guard report.changed > 0 else { return report }
        store.keyring.hold(new)
        guard newPath == nil else { return report }
        do {
            // A write transaction keeps another rewrap of this store away: its key must not be replaced by ours.
            try store.write(as: actor) { writer in
                if writer.facts.masterKeyID == new.id { try takePlace() }
            }
        } catch let failure as Failure {
            throw Failure(
                failure.kind,
                "the keys are sealed under the new master key, which stays in \(place.beside(new.id)): "
                    + failure.message)
        }
        return report
    }

    private func takePlace() throws(Failure) {
        if let id = try idOfPlace() {
            guard link(place.path, place.beside(id)) == 0 || errno == EEXIST else {
                throw Failure(.io, "cannot keep \(place.path) as \(place.beside(id)): \(systemReason())")
            }
        }
        try AtomicFile.write(content, to: place.path, mode: 0o600)
    }

    /// Whose key is about to make way: the old one, unless a rewrap was killed before or another store took the place.
    private func idOfPlace() throws(Failure) -> String? {
        switch try MasterKeyFile(at: place.path) {
        case nil: nil
        case .open(let key): key.id
        case .locked(let text) where text == oldText: old.id
        case .locked: throw Failure(.refused, "\(place.path) holds another protected key", target: place.path)
        }
    }
}

extension StoreWriter {
    /// Opens every private key with one master key and seals it under another. A key that does not open is `.untrusted`, and
    /// none is changed.
    func reseal(_ keys: [SigningKey], from old: MasterKey, to new: MasterKey) throws {
        for key in keys {
            guard let sealed = key.sealed else { continue }
            let context = key.sealContext(facts.storeID)
            let again = try new.seal(try old.open(sealed, context: context), context: context)
            try execute("UPDATE signing_key SET sealed = \(again) WHERE id = \(key.row)")
        }
        guard let sealed: String = try sql.row("SELECT identity_sealed FROM store WHERE id = 1")?.get(0) else {
            throw Failure(.untrusted, "the store has no identity")
        }
        let context = SealContext.identity(facts.storeID)
        let again = try new.seal(try old.open(sealed, context: context), context: context)
        try execute("UPDATE store SET identity_sealed = \(again), master_key_id = \(new.id) WHERE id = 1")
    }
}
