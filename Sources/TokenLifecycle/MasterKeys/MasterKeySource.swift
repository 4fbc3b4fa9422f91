internal import Glibc

/// Where the master key is looked for. Verbs that need no private key never ask.
///
/// Beside each place, a key of another id may lie in `<path>.<id>`: what a rewrap is about to bring in, or what it
/// replaced. A key is found by its id in either, so a rewrap that was killed anywhere leaves nothing that does not open.
package struct MasterKeySource: Sendable {
    package struct Place: Sendable {
        package var path: String
        /// Named by the operator: then it must be there, and no other place is tried.
        package var isNamed: Bool

        package init(path: String, isNamed: Bool) {
            self.path = path
            self.isNamed = isNamed
        }

        /// Where the key of this id lies while another has the place itself.
        func beside(_ id: String) -> String { "\(path).\(id)" }
    }

    package var places: [Place]
    package var passphrases: PassphraseSource

    package init(places: [Place], passphrases: PassphraseSource = .none) {
        self.places = places
        self.passphrases = passphrases
    }

    /// The first key there is.
    package func load() throws(Failure) -> MasterKey {
        for place in places {
            guard let file = try MasterKeyFile(at: place.path) else {
                try refuseMissing(place)
                continue
            }
            return try open(file, path: place.path)
        }
        throw missing
    }

    /// The key of this id. Throws `MasterKeyLocked` where a passphrase is needed and `mayAsk` is not given.
    func load(id: String, mayAsk: Bool) throws -> MasterKey {
        try find(id: id, mayAsk: mayAsk).key
    }

    /// The key of this id, the place in or beside which it lies, and the text of its file where that is protected.
    func find(id: String, mayAsk: Bool) throws -> (key: MasterKey, place: Place, protected: String?) {
        var other: String?
        for place in places {
            for path in [place.beside(id), place.path] {
                guard let file = try MasterKeyFile(at: path) else {
                    if path == place.path { try refuseMissing(place) }
                    continue
                }
                if file.protected != nil, !mayAsk { throw MasterKeyLocked(id: id) }
                let key = try open(file, path: path)
                if key.id == id { return (key, place, file.protected) }
                other = other ?? path
            }
        }
        guard let other else { throw missing }
        throw Failure(
            .notPermitted, "the master key in \(other) is not the one this store's keys are sealed with",
            hint: "name the right file with --master-key or TOKENCTL_MASTER_KEY_FILE")
    }

    /// Makes a key in the place that would be looked at first, where no place has one yet. Returns its path if made.
    ///
    /// `isProtected` asks for a passphrase; `.refused` where there is a key already, which it would not protect.
    package func createIfMissing(isProtected: Bool = false) throws(Failure) -> String? {
        for place in places where access(place.path, F_OK) == 0 {
            guard !isProtected else {
                throw Failure(
                    .refused, "there is a master key at \(place.path) already",
                    hint: "leave --passphrase out, or name another file with --master-key")
            }
            return nil
        }
        guard let place = places.first else { throw missing }
        let passphrase: Passphrase? = isProtected ? try passphrases.ask(place.path, .protecting) : nil
        let content = try MasterKeyFile.content(try MasterKey.generate(), passphrase: passphrase)
        return try NewFile.write(content, to: place.path, makingFolders: !place.isNamed) ? place.path : nil
    }

    func open(_ file: MasterKeyFile, path: String) throws(Failure) -> MasterKey {
        switch file {
        case .open(let key): key
        case .locked(let text): try MasterKeyFile.unlock(text, try passphrases.ask(path, .opening), path: path)
        }
    }

    private func refuseMissing(_ place: Place) throws(Failure) {
        guard place.isNamed else { return }
        throw Failure(.notPermitted, "no master key at \(place.path)")
    }

    private var missing: Failure {
        Failure(
            .notPermitted, "no master key found",
            hint: places.isEmpty
                ? "name its file with --master-key or TOKENCTL_MASTER_KEY_FILE"
                : "looked at \(places.map(\.path).joined(separator: ", ")); --master-key names another file")
    }
}
