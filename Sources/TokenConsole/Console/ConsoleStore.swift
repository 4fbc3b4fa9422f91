internal import Glibc
package import TokenLifecycle
internal import TokenStorage

/// The store a console has open, kept for the next command of the same shell.
struct OpenStore {
    var store: Store
    var path: String
    var masterKey: String?
    var isReadOnly: Bool
    var lockTimeout: Duration
    /// What the file was when it was opened, where the store is kept.
    var mark: DatabaseMark?
}

extension Console {
    package enum StoreUse: Sendable { case reading, writing }

    /// The store that the options name, opened once and kept until another is named or `closeStore`.
    package mutating func store(for use: StoreUse) throws -> Store {
        let path = try databasePath
        let isReadOnly = use == .reading || globals.isReadOnly
        if let open = openStore, open.path == path, open.masterKey == globals.masterKey,
            isReadOnly || !open.isReadOnly, open.lockTimeout == globals.lockTimeout
        {
            return open.store
        }
        try closeStore()
        var options = Database.Options()
        options.readOnly = isReadOnly
        options.lockTimeout = globals.lockTimeout
        let store = try explainingAbsence {
            try Store.open(at: path, options: options, clock: clock, masterKey: masterKeySource)
        }
        openStore = OpenStore(
            store: store, path: path, masterKey: globals.masterKey, isReadOnly: isReadOnly,
            lockTimeout: globals.lockTimeout, mark: keepsStore ? try? store.database.mark() : nil)
        interruption.breaksOff { [weak database = store.database] in database?.interrupt() }
        return store
    }

    /// Runs what opens a store; where there is none, says how one comes to be.
    func explainingAbsence<T>(_ open: () throws -> T) throws -> T {
        do {
            return try open()
        } catch var failure as Failure where failure.kind == .absent && failure.hint == nil {
            failure.hint = "'tokenctl init' makes one; --db or TOKENCTL_DB names another"
            throw failure
        }
    }

    /// Looks whether the database that was kept open is still the one at its path, and closes it where it is not: the next
    /// command opens what is there now. Answers what to say about it.
    package mutating func recheckStore() -> String? {
        guard let open = openStore, let mark = open.mark else { return nil }
        let path = open.store.database.path
        let (isOther, note): (Bool, String?) =
            switch open.store.database.fate(of: mark) {
            case .same: (false, nil)
            case .gone: (true, "the database \(path) is gone")
            case .replaced: (true, "the database \(path) was replaced since the last command")
            case .migrated: (true, "the database \(path) was migrated by another process")
            case .touched: (true, nil)
            }
        guard isOther else { return nil }
        // Ids of one store mean nothing in another.
        if note != nil, listed != nil { listed = ListedRows() }
        // Whatever goes wrong with a file that is gone is of no more use to anyone.
        try? closeStore()
        return note
    }

    /// Closes what is open; the last close of a store writes its log back into the file.
    package mutating func closeStore() throws {
        guard let open = openStore else { return }
        openStore = nil
        interruption.breaksOff(nil)
        try open.store.close()
    }

    /// `--db`, `TOKENCTL_DB`, an existing system-wide database, the user's own.
    package var databasePath: String {
        get throws(Failure) {
            if let path = globals.db ?? variable("TOKENCTL_DB") {
                guard !path.isEmpty else { throw Failure(.usage, "the database needs a name") }
                return path
            }
            let shared = "/var/lib/tokenctl/tokens.db"
            var status = stat()
            if lstat(shared, &status) == 0 { return shared }
            guard let data = userFolder("XDG_DATA_HOME", ".local/share") else {
                throw Failure(
                    .configuration, "neither a database nor a home directory is known",
                    hint: "name the database with --db or TOKENCTL_DB")
            }
            return "\(data)/tokenctl/tokens.db"
        }
    }

    /// `--master-key`, `TOKENCTL_MASTER_KEY_FILE`, the systemd credential, the user's own: the first two, once named, alone.
    package var masterKeySource: MasterKeySource {
        if let named = globals.masterKey ?? variable("TOKENCTL_MASTER_KEY_FILE") {
            return MasterKeySource(
                places: [.init(path: Files.absolute(named), isNamed: true)], passphrases: passphrases)
        }
        let credential = variable("CREDENTIALS_DIRECTORY").map { "\($0)/tokenctl.master-key" }
        let own = userFolder("XDG_CONFIG_HOME", ".config").map { "\($0)/tokenctl/master.key" }
        return MasterKeySource(
            places: [credential, own].compactMap { $0 }.map { .init(path: $0, isNamed: false) },
            passphrases: passphrases)
    }

    /// Beside a demo that has a place of its own, unless one is named: a key that was made to play with must not be found
    /// later in the place where the real one is looked for.
    func masterKeySource(ofDemoAt path: String) -> MasterKeySource {
        let isNamed = globals.masterKey != nil || variable("TOKENCTL_MASTER_KEY_FILE") != nil
        guard !isNamed, globals.db != nil || variable("TOKENCTL_DB") != nil else { return masterKeySource }
        let stem = path.hasSuffix(".db") ? String(path.dropLast(3)) : path
        return MasterKeySource(
            places: [.init(path: Files.absolute("\(stem).master.key"), isNamed: true)], passphrases: passphrases)
    }

    /// A folder of the XDG Base Directory Specification, which wants relative paths ignored.
    func userFolder(_ variableName: String, _ standard: String) -> String? {
        if let folder = variable(variableName), folder.hasPrefix("/") { return folder }
        return variable("HOME").map { "\($0)/\(standard)" }
    }
}
