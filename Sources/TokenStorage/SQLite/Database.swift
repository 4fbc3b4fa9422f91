internal import CSQLite
internal import GRDB

/// One connection to a SQLite file. Threads may share it; they take turns.
///
/// An application that reads beside its writes opens several: one for writing and a few `readOnly`. It is GRDB's *queue*,
/// never its pool: the pool overrides `synchronous = FULL` after our settings and writes to the schema when it opens.
///
/// Closing, or letting go of the last one, moves the write-ahead log into the file.
package final class Database: Sendable {
    package struct Options: Sendable {
        /// Nothing can be written through the connection. SQLite may still lay an empty `-wal` and `-shm` beside the file.
        package var readOnly = false
        /// How long a statement waits for a lock before it is `busy`.
        package var lockTimeout: Duration = .seconds(5)
        /// Page cache, in KiB; taken as it is needed.
        package var cacheKiB = 16 << 10
        /// Bytes of write-ahead log past which a commit tries to truncate it.
        package var walLimit = 4 << 20
        /// Also open a database that has not taken all steps: see `pendingSteps` and `migrate`.
        package var acceptsPendingSteps = false
        /// For reading only, and where nothing lies beside the file: read it as it lies and lay nothing beside it. For files
        /// that nobody writes, such as a backup.
        package var prefersAtRest = false
        /// Also open a database whose schema somebody altered, for reading only: to say what was (`schemaDifferences`).
        package var acceptsAlteredSchema = false

        package init() {}
    }

    /// Absolute.
    package var path: String { file.path }
    package let options: Options

    let file: DatabaseFile
    let queue: DatabaseQueue
    let wait: LockWait
    let checkpointer: Checkpointer
    /// Set when the file is read without its log.
    let atRest: FileAtRest?

    /// Connects. `check` sees the connection before any setting is made and any page is read.
    init(
        _ file: DatabaseFile, _ options: Options, atRest: FileAtRest? = nil,
        check: @escaping @Sendable (GRDB.Database) throws -> Void
    ) throws {
        let wait = LockWait(patience: options.lockTimeout)
        var configuration = Configuration()
        configuration.readonly = options.readOnly
        configuration.label = "tokenctl.storage"
        configuration.busyMode = .callback { wait.keepsWaiting(attempts: $0) }
        configuration.prepareDatabase { database in
            try translatingErrors(on: database) {
                try check(database)
                try ConnectionProfile.apply(to: database, cacheKiB: options.cacheKiB)
            }
        }
        let name = atRest == nil ? file.path : FileAtRest.uri(of: file) ?? file.path
        let queue = try DatabaseQueue(path: name, configuration: configuration)
        wait.attach { [weak queue] in queue?.interrupt() }
        self.file = file
        self.options = options
        self.atRest = atRest
        self.queue = queue
        self.wait = wait
        checkpointer = Checkpointer(wait: wait, limit: options.walLimit)
    }

    /// Runs `body` on one snapshot.
    ///
    /// Throws `busy`, `interrupted`, `io`, `corrupt`, or what `body` throws; `bug` inside another transaction of this
    /// connection.
    package func read<T>(_ body: (any ReadTransaction) throws -> T) throws -> T {
        try atRest?.requireUntouched(file)
        let result = try transaction(.deferred, body)
        try atRest?.requireUntouched(file)
        return result
    }

    /// Runs `body` as the only writer, from its start to its commit. When it throws, nothing was written; when this
    /// returns, what it wrote is on the disk.
    ///
    /// `body` may run more than once on an engine that must retry: random numbers and keys are made before it.
    ///
    /// Throws `readOnly`, `busy`, `interrupted`, `constraint`, `full`, `io`, `corrupt`, or what `body` throws; `bug` inside
    /// another transaction of this connection.
    @discardableResult
    package func write<T>(_ body: (any WriteTransaction) throws -> T) throws -> T {
        guard !options.readOnly else { throw StorageError(.readOnly, "the database is open for reading only") }
        return try transaction(.immediate, body)
    }

    /// Moves the write-ahead log into the file and truncates it, or does nothing (see `Checkpointer`). Returns whether the
    /// log is empty now. After `false` the log still holds every commit.
    @discardableResult
    package func checkpoint(patience: Duration = .milliseconds(250)) -> Bool {
        guard !options.readOnly else { return false }
        let outcome = try? exclusively { checkpointer.truncate($0, patience: patience) }
        return outcome?.truncated ?? false
    }

    /// Whether the file is read as it lies, without a log beside it.
    package var isReadAtRest: Bool { atRest != nil }

    /// Bytes in the write-ahead log.
    package var walBytes: Int { file.walBytes }

    /// Ends the transaction under way: it throws `interrupted` and is rolled back, also when it waits for a lock. Without
    /// one, does nothing. From any thread.
    package func interrupt() {
        wait.interrupt()
    }

    /// Waits for the transaction under way, then closes. As the last connection to the file, it empties and removes the
    /// write-ahead log. Closing again does nothing.
    package func close() throws {
        try refuseNesting()
        guard wait.close() else { return }
        try translatingErrors { try queue.close() }
    }

    /// The settings in force, by name: for `doctor`, and for the tests that hold each to what it should be.
    package func settings() throws -> [String: String] {
        try exclusively { database in
            try translatingErrors { try ConnectionProfile.read(from: database) }
        }
    }

    private func transaction<T>(
        _ kind: GRDB.Database.TransactionKind, _ body: (SQLiteTransaction) throws -> T
    ) throws -> T {
        try exclusively { database in
            let transaction = SQLiteTransaction(database, wait)
            defer { transaction.end() }
            var result: T?
            func run() throws -> GRDB.Database.TransactionCompletion {
                result = try body(transaction)
                try wait.checkInterruption()
                return .commit
            }
            do {
                if kind == .immediate {
                    try database.inTransaction(kind, run)
                } else {
                    try database.readOnly { try database.inTransaction(kind, run) }
                }
            } catch let error as DatabaseError {
                guard !wait.isInterrupted else { throw StorageError.interruption }
                throw StorageError(error).unlessUnreadable(on: database.sqliteConnection)
            }
            if kind == .immediate { checkpointer.truncateIfDue(database, walBytes: walBytes) }
            guard let result else { throw StorageError(.bug, "a transaction ended without a result") }
            return result
        }
    }

    /// Runs on the connection's own queue, and not within another transaction.
    func exclusively<T>(_ body: (GRDB.Database) throws -> T) throws -> T {
        try queue.unsafeReentrantWrite { database in
            guard !database.isInsideTransaction else { throw Self.nested }
            return try wait.working { try body(database) }
        }
    }

    private func refuseNesting() throws {
        try queue.unsafeReentrantRead { database in
            if database.isInsideTransaction { throw Self.nested }
        }
    }

    private static let nested = StorageError(.bug, "a transaction was begun, or the database closed, inside another")
}
