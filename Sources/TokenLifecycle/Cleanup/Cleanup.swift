package import TokenJOSE
internal import TokenStorage

/// `cleanup`: removes what nothing needs any more, in small transactions beside a live application.
///
/// A row goes only by its own recorded times: when it stopped being alive, and for how long it was to be kept.
package struct Cleanup: Sendable {
    package enum Part: String, CaseIterable, Sendable {
        case sessions, refresh, denylist, keys
    }

    package struct Options: Sendable {
        package var parts: Set<Part> = Set(Part.allCases)
        /// How long ended and expired logins are kept; the policy's where nil.
        package var olderThan: Duration?
        /// How long one transaction may hold the database.
        package var batchTime: Duration = .milliseconds(25)
        package var maxTime: Duration?
        package var maxRows: Int?
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
        package var keysRemoved: [String] = []
        package var privateHalves: [String] = []

        package var rows: Int { sessions + families + rules + successors + ended }
        package var total: Int { rows + keysRemoved.count + privateHalves.count }
    }

    private let options: Options

    package init(_ options: Options) {
        self.options = options
    }

    /// What a run would remove, counted exactly.
    package func plan(_ store: Store) throws -> Counts {
        try store.read { reader in
            try refuseLeapedClock(reader)
            var counts = Counts()
            let cut = horizon(reader)
            if options.parts.contains(.sessions) {
                counts.ended = try reader.countUnmarkedFloored()
                counts.sessions = try reader.countSessionsDue(cut)
            }
            counts.families = try reader.countFamiliesDue(
                cut, ended: options.parts.contains(.refresh), ofDueSessions: options.parts.contains(.sessions))
            if options.parts.contains(.refresh) {
                counts.successors = try reader.countSuccessorsDue(
                    cut, ofDueSessions: options.parts.contains(.sessions))
            }
            if options.parts.contains(.denylist) { counts.rules = try reader.countRulesDue() }
            if options.parts.contains(.keys) {
                counts.privateHalves = try reader.privateHalvesDue().map(\.kid)
                counts.keysRemoved = try reader.retiredKeysDue().map(\.kid)
            }
            return counts
        }
    }

    /// Removes in batches until nothing is left, or time, rows or patience end. `stopping` is asked between batches.
    ///
    /// `progress` is told after each of them how many rows are done. Also answers whether it came to its end, and the audit
    /// event's sequence where something was removed.
    package func run(
        _ store: Store, as actor: Actor, total: Int? = nil, progress: (BatchProgress) -> Void = { _ in },
        stopping: () -> Bool = { false }
    ) throws -> (Counts, finished: Bool, audit: Int64?) {
        let began = store.clock.now()
        var done = Counts()
        var size = 500
        var finished = true
        try store.read(refuseLeapedClock)
        // First, because any write destroys private halves that are due, and these are to be counted.
        if options.parts.contains(.keys) { try cleanKeys(store, actor, &done) }
        for step in steps {
            while true {
                let tooLong = options.maxTime.map { store.clock.now() - began >= $0 } ?? false
                let room = (options.maxRows ?? .max) - done.rows
                guard !stopping(), !tooLong, room > 0 else {
                    finished = false
                    break
                }
                let batch = min(size, room)
                let clock = ContinuousClock()
                var removed = 0
                let held = try clock.measure {
                    removed = try store.write(as: actor) { try step($0, batch, &done) }
                }
                progress(BatchProgress(done: done.total, total: total))
                if removed < batch { break }
                size = Self.next(size, held: held, wanted: options.batchTime)
                _ = store.database.checkpoint()
                // As long a gap as the hold, so that writers with a plain busy timeout get their turn.
                store.clock.sleep(min(held, options.batchTime))
            }
            if !finished { break }
        }
        let counts = done
        var audit: Int64?
        if counts.total > 0 {
            try store.write(as: actor) { writer in
                audit = try writer.audit("cleanup", reason: options.reason, counts: counts.audited)
                try writer.execute(
                    """
                    INSERT INTO cleanup_run (started_at, finished_at, removed)
                    VALUES (\(began), \(writer.now), \(counts.total))
                    """)
                try writer.execute("DELETE FROM cleanup_run WHERE id <= (SELECT max(id) FROM cleanup_run) - 50")
            }
        } else if finished {
            try store.write(as: actor) { writer in
                try writer.execute(
                    "INSERT INTO cleanup_run (started_at, finished_at, removed) VALUES (\(began), \(writer.now), 0)")
                try writer.execute("DELETE FROM cleanup_run WHERE id <= (SELECT max(id) FROM cleanup_run) - 50")
            }
        }
        _ = store.database.checkpoint()
        return (done, finished, audit)
    }

    /// Steers the batch towards the wanted hold, never by more than half or double at once.
    private static func next(_ size: Int, held: Duration, wanted: Duration) -> Int {
        let ratio =
            Double(wanted.milliseconds)
            / max(0.5, Double(held.components.attoseconds) / 1e15 + Double(held.components.seconds) * 1000)
        return max(50, min(20_000, Int(Double(size) * min(2, max(0.5, ratio)))))
    }

    private typealias Step = (StoreWriter, _ limit: Int, inout Counts) throws -> Int

    private var steps: [Step] {
        var steps: [Step] = []
        if options.parts.contains(.sessions) {
            steps.append { store, limit, done in
                let ended = try store.endFloored(limit)
                done.ended += ended
                return ended
            }
            steps.append { store, limit, done in
                let (sessions, families) = try store.removeSessions(horizon(store), limit)
                done.sessions += sessions
                done.families += families
                return sessions
            }
        }
        if options.parts.contains(.refresh) {
            steps.append { store, limit, done in
                let families = try store.removeFamilies(horizon(store), limit)
                done.families += families
                return families
            }
            steps.append { store, limit, done in
                let wiped = try store.wipeSuccessors(limit)
                done.successors += wiped
                return wiped
            }
        }
        if options.parts.contains(.denylist) {
            steps.append { store, limit, done in
                let rules = try store.removeRules(limit)
                done.rules += rules
                return rules
            }
        }
        return steps
    }

    private func cleanKeys(_ store: Store, _ actor: Actor, _ done: inout Counts) throws {
        let nothingDue = try store.read { try $0.privateHalvesDue().isEmpty && $0.retiredKeysDue().isEmpty }
        if !nothingDue {
            let (halves, removed) = try store.write(as: actor) { writer in
                (try writer.destroyPrivateHalves(), try writer.removeRetiredKeys())
            }
            done.privateHalves = halves
            done.keysRemoved = removed
        }
        // Also where nothing was due: a publication that failed before is made up for.
        let removed = done.keysRemoved.count
        try store.publishKeySet(
            after: removed == 0
                ? "cleanup is done" : "\(removed.counted("key")) \(removed == 1 ? "was" : "were") removed",
            as: actor)
    }

    private func horizon(_ store: some StoreReading) -> Instant {
        store.now - (options.olderThan ?? store.policies.retentionEnded)
    }

    /// A clock that leapt ahead would let cleanup remove what is alive: after a long silence it must be vouched for.
    private func refuseLeapedClock(_ store: StoreReader) throws {
        let silence = store.now - store.facts.lastWriteAt
        guard options.acceptsClock || silence <= .seconds(30 * 86_400) else {
            throw Failure(
                .refused, "the last write was \(silence.wholeDays.text) ago: the system clock may have leapt ahead",
                hint: "if the clock is right, repeat with --accept-clock", target: "clock")
        }
    }
}

extension Duration {
    /// Rounded down: how long a silence was needs no more.
    fileprivate var wholeDays: Duration { .seconds(components.seconds / 86_400 * 86_400) }
}

extension Cleanup.Counts {
    /// Named counts, those that are not zero.
    var audited: [String: Int64] {
        [
            "sessions": sessions, "families": families, "rules": rules, "successors": successors, "ended": ended,
            "keys": keysRemoved.count, "private_halves": privateHalves.count,
        ].mapValues(Int64.init).filter { $0.value > 0 }
    }

    package var json: [JSON.Member] {
        [
            .init("sessions", .integer(Int64(sessions))), .init("families", .integer(Int64(families))),
            .init("rules", .integer(Int64(rules))), .init("successors", .integer(Int64(successors))),
            .init("marked_ended", .integer(Int64(ended))),
            .init("keys_removed", .array(keysRemoved.map(JSON.string))),
            .init("private_halves_destroyed", .array(privateHalves.map(JSON.string))),
        ]
    }
}
