package import TokenJOSE
internal import TokenStorage

/// `cleanup`: removes what nothing needs any more, in small transactions beside a live application.
///
/// A row goes only by its own recorded times: when it stopped being alive, and for how long it was to be kept.
package struct Cleanup: Sendable {
    package enum Part: String, CaseIterable, Sendable {
        case sessions, refresh, denylist, keys, audit
    }

    /// What happens to the pages that removed rows leave behind: they are used again, or given back to the file system.
    package enum Vacuum: String, CaseIterable, Sendable {
        case none, incremental
    }

    package struct Options: Sendable {
        package var parts: Set<Part> = Set(Part.allCases)
        /// How long ended and expired logins are kept; the policy's where nil.
        package var olderThan: Duration?
        /// How long one transaction may hold the database.
        package var batchTime: Duration = .milliseconds(25)
        package var maxTime: Duration?
        package var maxRows: Int?
        package var vacuum: Vacuum = .none
        package var reason: String?
        /// The system clock is right, although more than 30 days have passed since the last write.
        package var acceptsClock = false

        package init() {}
    }

    package struct Counts: Sendable, Equatable {
        package var sessions = 0
        package var families = 0
        package var rules = 0
        package var successors = 0
        package var ended = 0
        package var auditEvents = 0
        package var keysRemoved: [String] = []
        package var privateHalves: [String] = []

        package var rows: Int { sessions + families + rules + successors + ended + auditEvents }
        package var total: Int { rows + keysRemoved.count + privateHalves.count }
    }

    /// After a longer one the clock must be vouched for.
    static let longestSilence = Duration.seconds(30 * 86_400)

    let options: Options

    package init(_ options: Options) {
        self.options = options
    }

    /// What a run would remove, counted exactly.
    package func plan(_ store: Store) throws -> Counts {
        try survey(store).counts
    }

    /// What a run would remove and what would stay, and why.
    package func survey(_ store: Store) throws -> CleanupSurvey {
        try store.read { reader in
            try refuseLeapedClock(reader)
            return try CleanupSurvey(options, reader)
        }
    }

    /// Removes in batches until nothing is left, or time, rows or patience end. `stopping` is asked between batches, and
    /// `progress` told after each of them how many rows are done.
    ///
    /// Fails with `.busy` while another cleanup runs, and with `.refused` where the clock may have leapt ahead.
    package func run(
        _ store: Store, as actor: Actor, total: Int? = nil, progress: (BatchProgress) -> Void = { _ in },
        stopping: () -> Bool = { false }
    ) throws -> CleanupResult {
        try store.read(refuseLeapedClock)
        var run = try CleanupRun(options, store, actor)
        return try run.run(stopping: stopping) { progress(BatchProgress(done: $0, total: total)) }
    }

    /// A clock that leapt ahead would let cleanup remove what is alive: after a long silence it must be vouched for.
    private func refuseLeapedClock(_ store: StoreReader) throws {
        let silence = store.now - store.facts.lastWriteAt
        guard options.acceptsClock || silence <= Self.longestSilence else {
            throw Failure(
                .refused, "the last write was \(silence.wholeDays.text) ago: the system clock may have leapt ahead",
                hint: "if the clock is right, repeat with --accept-clock", target: "clock")
        }
    }
}

/// What is due, at one instant for a whole run: a row that becomes due while it goes on waits for the next.
struct CleanupMoment {
    /// For how long a login is kept after its end.
    let retention: Duration
    /// Logins that stopped being alive before then go.
    let logins: Instant
    /// Successors that could be asked for until before then are wiped.
    let successors: Instant
    /// Rules whose last match expired before then go.
    let rules: Instant
    /// The last audit event that goes; nil where none does.
    let auditEvents: Int64?

    init(_ options: Cleanup.Options, _ store: some StoreReading) throws {
        retention = try options.olderThan ?? store.policies.retentionEnded
        logins = store.now - retention
        successors = store.now
        rules = try store.now - store.policies.clockSkew
        auditEvents = options.parts.contains(.audit) ? try store.auditEventsDue() : nil
    }
}

extension Cleanup.Counts {
    /// Named counts, those that are not zero.
    var audited: [String: Int64] {
        [
            "sessions": sessions, "families": families, "rules": rules, "successors": successors, "ended": ended,
            "audit_events": auditEvents, "keys": keysRemoved.count, "private_halves": privateHalves.count,
        ].mapValues(Int64.init).filter { $0.value > 0 }
    }

    package var json: [JSON.Member] {
        [
            .init("sessions", .integer(Int64(sessions))), .init("families", .integer(Int64(families))),
            .init("rules", .integer(Int64(rules))), .init("successors", .integer(Int64(successors))),
            .init("marked_ended", .integer(Int64(ended))), .init("audit_events", .integer(Int64(auditEvents))),
            .init("keys_removed", .array(keysRemoved.map(JSON.string))),
            .init("private_halves_destroyed", .array(privateHalves.map(JSON.string))),
        ]
    }
}
