internal import Glibc
package import TokenStorage

/// What a restore works with: a private copy of the backup, verified, and what there is of the store that it is for.
package final class RestorePreparation {
    /// What is found where the backup is to go.
    package enum Present {
        /// A store whose pages and audit record hold together: what it ended since the backup is known.
        case sound
        case absent
        /// Damaged or altered: what it ended nobody can tell.
        case untrusted(why: String)
    }

    /// Its path is the operator's; what is read is the copy.
    package let backup: Backup
    package let present: Present
    /// Of the database.
    let path: String
    let replacement: DatabaseReplacement
    private let options: Database.Options
    private let clock: Clock
    private let masterKey: MasterKeySource
    /// What the one that makes way is called; taken away again where the restore does not come about.
    private var kept: String?

    /// Copies and verifies the backup, and judges what is at `path`; changes nothing there. `end` must follow.
    ///
    /// Fails with `.refused` for the backup of another store, `.untrusted` where the backup is not whole, `.configuration` for
    /// a newer schema on either side, `.malformed` where something else than a store is at `path`.
    package init(
        from file: String, over path: String, options: Database.Options, clock: Clock, masterKey: MasterKeySource
    ) throws {
        let file = Files.absolute(file)
        self.path = Files.absolute(path)
        self.options = options
        self.clock = clock
        self.masterKey = masterKey
        guard !Files.areSame(file, path) else {
            throw Failure(.refused, "\(file) is the database itself", hint: "name a backup of it", target: file)
        }
        let storeID: String?
        (present, storeID) = try Self.judge(self.path, options, clock, masterKey)
        let replacement = try Failure.translating { try DatabaseReplacement(for: path) }
        do {
            backup = try Self.take(file, into: replacement, clock, masterKey)
            guard storeID == nil || storeID == backup.storeID else {
                throw Failure(
                    .refused,
                    "\(file) is a backup of store \(backup.storeID), and \(self.path) is store \(storeID ?? "")",
                    hint: "--db names the database to restore", target: file)
            }
        } catch {
            replacement.end()
            throw error
        }
        self.replacement = replacement
    }

    /// Nobody can change the copy between its verification and its use.
    private static func take(
        _ file: String, into replacement: DatabaseReplacement, _ clock: Clock, _ masterKey: MasterKeySource
    ) throws -> Backup {
        var options = Database.Options()
        options.readOnly = true
        options.prefersAtRest = true
        let store = try Store.open(at: file, options: options, clock: clock, masterKey: masterKey)
        defer { try? store.close() }
        try Failure.translating { try replacement.take(store.database) }
        var backup = try Backup(verifying: replacement.path, named: file, clock: clock, masterKey: masterKey)
        backup.path = file
        return backup
    }

    private static func judge(
        _ path: String, _ options: Database.Options, _ clock: Clock, _ masterKey: MasterKeySource
    ) throws -> (Present, storeID: String?) {
        var options = options
        options.readOnly = true
        var storeID: String?
        do {
            let store = try Store.open(at: path, options: options, clock: clock, masterKey: masterKey)
            defer { try? store.close() }
            storeID = try store.read(\.facts.storeID)
            if let damage = try Failure.translating({ try store.database.damage(atMost: 1).first }) {
                return (.untrusted(why: damage), storeID)
            }
            // What cannot be read could not be carried over, and what it ended nobody can tell.
            if let unreadable = try store.read({ try $0.unreadableRows() }).finding {
                return (.untrusted(why: unreadable), storeID)
            }
            if let broken = try store.read({ try $0.verifyAudit().broken }) {
                return (.untrusted(why: "its audit record is broken at event \(broken.seq): \(broken.what)"), storeID)
            }
            return (.sound, storeID)
        } catch var failure as Failure {
            switch failure.kind {
            case .absent: return (.absent, nil)
            case .untrusted: return (.untrusted(why: failure.message), storeID)
            case .malformed: failure.hint = "move it away, and the backup takes its place"
            default: break
            }
            throw failure
        }
    }

    /// The store in the draft, for what has to be done to it before it takes its place.
    package func openDraft() throws -> Store {
        // Exports must be kept from the database that this is to be.
        let keyring = Keyring(source: masterKey, of: path)
        return try Store.open(at: replacement.path, options: options, clock: clock, keyring: keyring)
    }

    /// The store in its place.
    func openPlaced() throws -> Store {
        try Store.open(at: path, options: options, clock: clock, masterKey: masterKey)
    }

    /// Copies what is in the database now into a file beside it; answers its name. Writers must be held off meanwhile.
    func keepPresent(at now: Instant) throws -> String {
        abandonKept()
        let name = nameForKept(at: now)
        var reading = options
        reading.readOnly = true
        try Failure.translating {
            let database = try Database.open(
                at: path, steps: Store.steps, applicationID: Store.applicationID, options: reading)
            defer { try? database.close() }
            try replacement.keep(database, as: name)
        }
        kept = name
        return name
    }

    /// `tokens.db.before-20260101T000000Z`.
    func nameForKept(at now: Instant) -> String {
        let stamp = now.rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
        let name = "\(path).before-\(stamp)"
        return (1...).lazy.map { $0 == 1 ? name : "\(name)-\($0)" }.first { !Files.exists($0) } ?? name
    }

    /// The restore is durable: what was kept stays.
    func conclude() { kept = nil }

    private func abandonKept() {
        if let kept { unlink(kept) }
        kept = nil
    }

    package func end() {
        abandonKept()
        replacement.end()
    }
}

/// What a restore is told.
package struct RestoreOptions: Sendable {
    /// Ends no login: also none that nobody can tell the present standing of.
    package var keepsLogins = false
    /// Revokes no key, though one may have been revoked since the backup.
    package var keepsKeys = false
    package var reason: String?

    package init() {}
}
