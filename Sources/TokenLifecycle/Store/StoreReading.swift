package import TokenStorage

/// What every reading operation works on: one snapshot of the store, and the instant it is judged at.
///
/// Nouns add their queries in extensions of this protocol, so a write transaction can ask the same questions.
package protocol StoreReading: TokenKnowledge {
    var sql: any ReadTransaction { get }
    /// Store time: the later of the system clock and the last write.
    var now: Instant { get }
    var facts: StoreFacts { get }
    var policies: Policies { get }
    var ids: PublicIDs { get }
    var keyring: Keyring { get }
}

package struct StoreReader: StoreReading {
    package let sql: any ReadTransaction
    package let now: Instant
    package let facts: StoreFacts
    package let policies: Policies
    package let ids: PublicIDs
    package let keyring: Keyring
}

/// One write transaction: store time, who acts, and the SQL that changes rows.
package final class StoreWriter: StoreReading {
    package let now: Instant
    package let facts: StoreFacts
    package let ids: PublicIDs
    package let keyring: Keyring
    package let actor: Actor
    package private(set) var policies: Policies
    /// By how much the system clock is behind what store time was already; zero or less when it is not.
    let clockLag: Duration
    private(set) var hasWritten = false
    /// Whether the write-ahead log will hold copies of secrets that were destroyed.
    private(set) var traces = Traces.none
    /// Whether this transaction changed what the store denies.
    private var changesDenials = false
    private let transaction: any WriteTransaction

    package var sql: any ReadTransaction { transaction }

    init(
        _ transaction: any WriteTransaction, clock: Instant, notBefore: Instant = .earliest, actor: Actor,
        keyring: Keyring, ids: PublicIDs?
    ) throws {
        let facts = try StoreFacts.load(transaction)
        self.transaction = transaction
        self.facts = facts
        self.actor = actor
        self.keyring = keyring
        self.ids = ids ?? PublicIDs(key: facts.idKey)
        policies = try Policies.load(transaction)
        now = max(clock, facts.lastWriteAt + .milliseconds(1), notBefore)
        clockLag = max(facts.lastWriteAt, notBefore) - clock
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    package func execute(_ statement: SQL) throws -> Int {
        let changed = try transaction.execute(statement)
        if changed > 0 { hasWritten = true }
        return changed
    }

    /// Runs one `INSERT … RETURNING` and returns its row.
    package func insert(_ statement: SQL) throws -> Row {
        hasWritten = true
        guard let row = try transaction.row(statement) else {
            throw Failure(.bug, "an insert returned no row")
        }
        return row
    }

    /// See `WriteTransaction`.
    func returnFreePages(about count: Int) throws -> Int { try transaction.returnFreePages(about: count) }

    enum Traces {
        case none
        /// Of an earlier transaction: the log could not be folded back since.
        case old
        case new
    }

    func leavesTraces() { traces = .new }

    /// A rule was added, widened or lifted, or a floor set: exports from before are out of date.
    func denialsChanged() { changesDenials = true }

    /// Reads the policies again after one was set.
    func reloadPolicies() throws {
        policies = try Policies.load(transaction)
    }

    /// Refuses what must not happen at a wrong time: logins, issuing, refreshing, rotating. Revoking always may.
    func requireTrustedClock() throws {
        let skew = try policies.clockSkew
        guard clockLag <= skew else {
            throw Failure(
                .busy, "the system clock is \(clockLag.text) behind the store's last write",
                hint: "set the clock; revoking and denying still work meanwhile", target: "clock")
        }
    }

    /// Makes this transaction's time the store's, if it changed anything; no secret outlives its time beyond the next write.
    func finish() throws {
        guard hasWritten else { return }
        try destroyPrivateHalves()
        if traces == .none, try !keysNotDestroyedYet().isEmpty { traces = .old }
        let rules: SQL = changesDenials ? ", rules_changed_at = \(now)" : ""
        try transaction.execute("UPDATE store SET last_write_at = \(now)" + rules + " WHERE id = 1")
    }

    /// Records that no copy is left of the private halves that were overwritten until `instant`. No act: store time stays.
    func recordDestruction(until instant: Instant) throws {
        try execute(
            """
            UPDATE signing_key SET destroyed_at = \(now)
            WHERE overwritten_at IS NOT NULL AND destroyed_at IS NULL AND overwritten_at <= \(instant)
            """)
    }
}
