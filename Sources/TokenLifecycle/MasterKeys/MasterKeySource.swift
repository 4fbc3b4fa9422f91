internal import Glibc
internal import TokenCrypto

/// Where the master key is looked for. Verbs that need no private key never ask.
package struct MasterKeySource: Sendable {
    package struct Place: Sendable {
        package var path: String
        /// Named by the operator: then it must be there, and no other place is tried.
        package var isNamed: Bool

        package init(path: String, isNamed: Bool) {
            self.path = path
            self.isNamed = isNamed
        }
    }

    package var places: [Place]

    package init(places: [Place]) {
        self.places = places
    }

    /// The first key there is.
    package func load() throws(Failure) -> MasterKey {
        for place in places {
            if let key = try Self.read(place) { return key }
        }
        throw missing
    }

    /// The key of this id.
    func load(id: String) throws(Failure) -> MasterKey {
        var other: String?
        for place in places {
            guard let key = try Self.read(place) else { continue }
            if key.id == id { return key }
            other = other ?? place.path
        }
        guard let other else { throw missing }
        throw Failure(
            .notPermitted, "the master key in \(other) is not the one this store's keys are sealed with",
            hint: "name the right file with --master-key or TOKENCTL_MASTER_KEY_FILE")
    }

    /// Makes a key in the place that would be looked at first, where no place has one yet. Returns its path if made.
    package func createIfMissing() throws(Failure) -> String? {
        for place in places where access(place.path, F_OK) == 0 { return nil }
        guard let place = places.first else { throw missing }
        let key: MasterKey
        do { key = try MasterKey.generate() } catch { throw Failure(.bug, "no random bytes for a master key") }
        return try NewFile.write(key.fileText(), to: place.path, makingFolders: !place.isNamed) ? place.path : nil
    }

    private var missing: Failure {
        Failure(
            .notPermitted, "no master key found",
            hint: places.isEmpty
                ? "name its file with --master-key or TOKENCTL_MASTER_KEY_FILE"
                : "looked at \(places.map(\.path).joined(separator: ", ")); --master-key names another file")
    }

    private static func read(_ place: Place) throws(Failure) -> MasterKey? {
        var status = stat()
        guard stat(place.path, &status) == 0 else {
            if errno == EACCES { throw Failure(.notPermitted, "not permitted to read the master key \(place.path)") }
            if place.isNamed { throw Failure(.notPermitted, "no master key at \(place.path)") }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.malformed, "the master key \(place.path) is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Failure(
                .notPermitted, "the master key \(place.path) can be read by others",
                hint: "chmod 600 it, and consider what read it meanwhile: 'tokenctl key rewrap'")
        }
        return try MasterKey(file: try InputFile.read(place.path, limit: 4096), path: place.path)
    }
}
