internal import Synchronization
package import TokenStorage

/// An open token store: every operation of the product starts at its `read` or `write`.
package final class Store: Sendable {
    /// "tokn": says in the file's header whose database it is.
    package static let applicationID: Int32 = 0x746F_6B6E

    package static let steps = MigrationStep.embedded

    package let database: Database
    package let clock: Clock
    package let keyring: Keyring
    /// Whether an operation that meets a cut-off of this very second waits here for the next. A caller that can wait
    /// without blocking a thread gets `CutOffPending` instead.
    private let waitsForCutOffs: Bool
    /// Until when cut-offs have been given way to: so far issuing may move store time.
    private let awaited = Mutex(Instant.earliest)
    /// When to try next to fold back a log that holds traces.
    private let nextFold = Mutex(Instant.earliest)
    /// The permutation of public ids never changes for a store; making it costs a dozen hashes.
    private let ids = Mutex<PublicIDs?>(nil)

    package init(database: Database, clock: Clock, keyring: Keyring, waitsForCutOffs: Bool = true) {
        self.database = database
        self.clock = clock
        self.keyring = keyring
        self.waitsForCutOffs = waitsForCutOffs
    }

    package static func open(
        at path: String, options: Database.Options = .init(), clock: Clock = .system, masterKey: MasterKeySource,
        waitsForCutOffs: Bool = true
    ) throws -> Store {
        try open(
            at: path, options: options, clock: clock, keyring: Keyring(source: masterKey, of: Files.absolute(path)),
            waitsForCutOffs: waitsForCutOffs)
    }

    static func open(
        at path: String, options: Database.Options, clock: Clock, keyring: Keyring, waitsForCutOffs: Bool = true
    ) throws -> Store {
        let database = try Failure.translating {
            try Database.open(at: path, steps: steps, applicationID: applicationID, options: options)
        }
        return Store(database: database, clock: clock, keyring: keyring, waitsForCutOffs: waitsForCutOffs)
    }

    /// One snapshot, judged at the later of the system clock and the last write.
    package func read<T>(_ body: (StoreReader) throws -> T) throws -> T {
        let clockNow = clock.now()
        return try unlocking {
            try database.read { transaction in
                let facts = try StoreFacts.load(transaction)
                let reader = StoreReader(
                    sql: transaction, now: max(clockNow, facts.lastWriteAt), facts: facts,
                    policies: try Policies.load(transaction), ids: permutation(facts), keyring: keyring)
                return try body(reader)
            }
        }
    }

    /// Runs a transaction; where it needs a master key behind a passphrase, asks for that outside, so that nobody waits for
    /// a person at a prompt, and runs it again.
    private func unlocking<T>(_ transaction: () throws -> T) throws -> T {
        try Failure.translating {
            do {
                return try transaction()
            } catch let locked as MasterKeyLocked {
                try keyring.unlock(id: locked.id)
                return try transaction()
            }
        }
    }

    /// One transaction, begun as a writer, durable when this returns, rolled back whole when the body throws.
    package func write<T>(as actor: Actor, _ body: (StoreWriter) throws -> T) throws -> T {
        try write(as: actor, notBefore: .earliest, body)
    }

    private func write<T>(as actor: Actor, notBefore: Instant, _ body: (StoreWriter) throws -> T) throws -> T {
        let (result, traces, now) = try unlocking {
            try tellingUsedUp {
                try database.write { transaction in
                    let writer = try writer(transaction, as: actor, notBefore: notBefore)
                    let result = try body(writer)
                    try writer.finish()
                    return (result, writer.traces, writer.now)
                }
            }
        }
        if traces != .none { foldTraces(traces, until: now, as: actor) }
        return result
    }

    /// Where no number is left to give a row, SQLite says that the disk is full. Nobody comes there but by writing it.
    private func tellingUsedUp<T>(_ write: () throws -> T) throws -> T {
        do {
            return try write()
        } catch let error as StorageError where error.kind == .full {
            let last = try? database.read {
                try $0.row("SELECT 1 FROM sqlite_sequence WHERE seq = \(Int64.max) LIMIT 1")
            }
            guard last != nil else { throw error }
            throw Failure.disagreement("the numbers for new rows are used up")
        }
    }

    private func writer(_ transaction: any WriteTransaction, as actor: Actor, notBefore: Instant) throws -> StoreWriter
    {
        let known = ids.withLock { $0 }
        let writer = try StoreWriter(
            transaction, clock: clock.now(), notBefore: notBefore, actor: actor, keyring: keyring, ids: known)
        if known == nil { ids.withLock { $0 = writer.ids } }
        return writer
    }

    /// Folds the write-ahead log back, so that no copy of a destroyed secret stays in it, and records that none has.
    ///
    /// A reader may prevent it. Then the keys stay `keysNotDestroyedYet`, and the writes that follow try again: briefly, and
    /// once a second, so that nobody waits for that reader. What was written before this is durable whatever happens here.
    private func foldTraces(_ traces: StoreWriter.Traces, until written: Instant, as actor: Actor) {
        let isDue = traces == .new || nextFold.withLock { $0 <= clock.now() }
        guard isDue else { return }
        nextFold.withLock { $0 = clock.now() + .seconds(1) }
        guard database.checkpoint(patience: .milliseconds(traces == .new ? 250 : 5)) else { return }
        // Whoever wrote until then is in the file now; who overwrote a key later is not meant.
        try? database.write { transaction in
            try writer(transaction, as: actor, notBefore: .earliest).recordDestruction(until: written)
        }
    }

    /// A write that issues a token: where a cut-off of this very second matches it, it gives way until the next one and
    /// starts again, so a token's `iat` is true and never the second of a cut-off that ends it.
    ///
    /// The second is one of store time. Where the system clock is behind, it does not get there by waiting, so what was waited
    /// for is added to store time; the lag grows no further, and `requireTrustedClock` keeps it within `clock.skew`, by
    /// which verifiers take an `iat` from the future.
    package func writeIssuing<T>(as actor: Actor, _ body: (StoreWriter) throws -> T) throws -> T {
        for _ in 0..<3 {
            do {
                return try write(as: actor, notBefore: awaited.withLock { $0 }, body)
            } catch let wait as CutOffPending {
                guard waitsForCutOffs else { throw wait }
                clock.sleep(wait.remaining(at: clock.now()))
                hasAwaited(wait)
            }
        }
        throw CutOffPending.outwaited
    }

    /// Says that a cut-off has been given way to, for as long as it asked.
    func hasAwaited(_ wait: CutOffPending) {
        awaited.withLock { $0 = max($0, wait.until) }
    }

    package func close() throws {
        try Failure.translating { try database.close() }
    }

    private func permutation(_ facts: StoreFacts) -> PublicIDs {
        ids.withLock { known in
            if let known { return known }
            let made = PublicIDs(key: facts.idKey)
            known = made
            return made
        }
    }
}

/// Thrown inside an issuing transaction that meets a cut-off of the current second.
struct CutOffPending: Error {
    /// The first instant at which issuing may go on, in store time: the next second.
    var until: Instant

    /// How long to wait: until the system clock is there too, and no longer than a second where that is behind.
    func remaining(at clock: Instant) -> Duration { max(.zero, min(until - clock, .seconds(1))) }

    /// What is said after waiting in vain.
    static let outwaited = Failure(
        .busy, "what this would issue is being logged out this very second",
        hint: "try again in a second, and check the system clock")
}
