internal import Glibc
internal import Synchronization
internal import TokenStorage

/// Where a `Verifier` reads: the file of a store, opened anew when another file lies in its place.
final class StoreLookout: Lookout {
    /// Which file a name stands for.
    private struct FileID: Equatable {
        var device: dev_t
        var inode: ino_t
    }

    private struct Opened {
        var store: Store
        var file: FileID
    }

    private let path: String
    private let masterKeyFile: String?
    private let clock: Clock
    /// Held while reading: one connection, one reader at a time.
    private let opened = Mutex<Opened?>(nil)

    init(path: String, masterKeyFile: String?, clock: Clock) {
        self.path = path
        self.masterKeyFile = masterKeyFile
        self.clock = clock
    }

    func look(since before: HeldKnowledge?) throws -> HeldKnowledge {
        try withStore { store, isNew in
            try store.read { try $0.knowledge(since: isNew ? nil : before, clock: clock) }
        }
    }

    /// By the same checks as `token verify --online`.
    func refusal(of session: String, _ token: [UInt8], _ expectations: Expectations) throws -> SessionLiveness {
        try withStore { store, _ in
            try store.read { reader in
                var expectations = expectations
                expectations.online = true
                return switch try reader.verify(token, expectations).verdict {
                case .active: .alive
                case .inactive(let reason): .refused(reason)
                }
            }
        }
    }

    func close() {
        opened.withLock {
            try? $0?.store.close()
            $0 = nil
        }
    }

    private func withStore<Value>(_ body: (Store, _ isNew: Bool) throws -> Value) throws -> Value {
        try opened.withLock { opened in
            let now = try fileID()
            if let open = opened, open.file == now { return try body(open.store, false) }
            // Moved away or restored: the connection still reads the file that was there before.
            try opened?.store.close()
            opened = nil
            var options = Database.Options()
            options.readOnly = true
            options.lockTimeout = .milliseconds(250)
            // All is read once, and then the little that is new: what more is held would be a third of a million rules.
            options.cacheKiB = 2 << 10
            let places = masterKeyFile.map { [MasterKeySource.Place(path: $0, isNamed: true)] } ?? []
            let store = try Store.open(
                at: path, options: options, clock: clock, masterKey: MasterKeySource(places: places))
            opened = Opened(store: store, file: now)
            return try body(store, true)
        }
    }

    private func fileID() throws(Failure) -> FileID {
        var status = stat()
        // Never opened for this: closing it would drop the locks of every connection of the process.
        guard lstat(path, &status) == 0 else { throw Failure(.absent, "there is no database at \(path)") }
        return FileID(device: status.st_dev, inode: status.st_ino)
    }
}
