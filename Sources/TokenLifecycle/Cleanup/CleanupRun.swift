internal import TokenStorage

/// One run of a cleanup: its lease, its pace, and what it has done so far.
struct CleanupRun {
    private let options: Cleanup.Options
    private let store: Store
    private let actor: Actor
    private let lease: CleanupLease
    private let began = ContinuousClock.now
    private let deadline: Instant?
    private let moment: CleanupMoment
    private var pace: CleanupPace
    private var result = CleanupResult()

    /// Page cache of a run, in KiB: most of the pages that a batch changes were changed by the batch before.
    private static let cacheKiB = 24 << 10

    init(_ options: Cleanup.Options, _ store: Store, _ actor: Actor) throws {
        self.options = options
        self.store = store
        self.actor = actor
        deadline = options.maxTime.map { store.clock.now() + $0 }
        pace = CleanupPace(wanted: options.batchTime)
        // One transaction, so that all that is due is due at the same instant. Keys go in it too: any write destroys private
        // halves that are due, and these are to be counted.
        var (halves, removed): ([String], [String]) = ([], [])
        (lease, moment) = try store.write(as: actor) { writer in
            let lease = try CleanupLease(writer)
            if options.parts.contains(.keys) {
                let due = try writer.privateHalvesToDestroy()
                for key in due { try writer.destroyPrivateHalf(key) }
                (halves, removed) = (due.map(\.kid), try writer.removeRetiredKeys())
            }
            return (lease, try CleanupMoment(options, writer))
        }
        (result.counts.privateHalves, result.counts.keysRemoved) = (halves, removed)
    }

    mutating func run(stopping: () -> Bool, progress: (Int) -> Void) throws -> CleanupResult {
        do {
            if options.parts.contains(.keys) { try publishKeys() }
            let audit = try auditRetention()
            try store.database.inBulk(cacheKiB: Self.cacheKiB) {
                try removeRows(audit, stopping, progress)
                if options.vacuum == .incremental { try returnPages(stopping) }
                foldBack()
            }
        } catch {
            // What is gone is gone: it is on record whatever stopped the rest.
            result.finished = false
            try? conclude()
            throw error
        }
        try conclude()
        store.database.checkpoint()
        return try reported()
    }

    // MARK: Batches

    private mutating func removeRows(
        _ audit: Int64?, _ stopping: () -> Bool, _ progress: (Int) -> Void
    ) throws {
        if options.parts.contains(.sessions) {
            for floored in try store.read({ try $0.flooredClients() }) {
                try eachSpan({ try $0.flooredSessions(floored, $1) }, stopping, progress) { store, rows, done in
                    done.ended += try store.endFloored(rows, floored)
                }
            }
            let (cut, most) = (moment.logins, options.maxRows)
            let leavesEntries = try store.read { try $0.isSweepCheaper(cut, atMost: most ?? .max) }
            var isNext = true
            try eachSpan({ try $0.dueSessions(cut, $1) }, stopping, progress) { store, rows, done in
                if let most {
                    rows = try store.wholeLogins(rows, atMost: most - done.rows, atLeast: done.rows == 0 ? 1 : 0)
                    isNext = !rows.isEmpty
                }
                if leavesEntries { try store.leaveEntries() }
                let (sessions, families) = try store.removeSessions(rows, cut)
                done.sessions += sessions
                done.families += families
            } goingOn: {
                isNext
            }
            if !isNext { result.finished = false }
        }
        // Also those that a run left behind which was cut off.
        if try store.read({ $0.facts.sweepIsDue }) { try sweepEntries(stopping) }
        if options.parts.contains(.sessions) { try removeSpans(stopping) }
        for step in steps(audit) {
            try batches(stopping, progress) { store, limit, done in try step(store, limit, &done) == limit }
        }
    }

    private typealias Step = (StoreWriter, _ limit: Int, inout Cleanup.Counts) throws -> Int

    /// What an index gives in the order in which it goes: each batch takes the next rows from its front.
    private func steps(_ audit: Int64?) -> [Step] {
        func step(_ count: WritableKeyPath<Cleanup.Counts, Int>, _ remove: @escaping (StoreWriter, Int) throws -> Int)
            -> Step
        {
            { store, limit, done in
                let removed = try remove(store, limit)
                done[keyPath: count] += removed
                return removed
            }
        }
        let moment = moment
        var steps: [Step] = []
        if options.parts.contains(.refresh) {
            steps.append(step(\.families) { try $0.removeFamilies(moment.logins, $1) })
            steps.append(step(\.successors) { try $0.wipeSuccessors(moment.successors, $1) })
        }
        if options.parts.contains(.denylist) { steps.append(step(\.rules) { try $0.removeRules(moment.rules, $1) }) }
        if let audit { steps.append(step(\.auditEvents) { try $0.removeAuditEvents(through: audit, $1) }) }
        return steps
    }

    /// Sessions are gathered by an index and removed in order of creation: so each batch meets its rows side by side.
    private mutating func eachSpan(
        _ gather: (StoreReader, ClosedRange<Int64>) throws -> RowNumbers, _ stopping: () -> Bool,
        _ progress: (Int) -> Void,
        _ remove: (StoreWriter, inout [Int64], inout Cleanup.Counts) throws -> Void, goingOn: () -> Bool = { true }
    ) throws {
        guard let all = try store.read({ try $0.sessionNumbers() }) else { return }
        var first = all.lowerBound
        while first <= all.upperBound, result.finished, goingOn() {
            let last = min(all.upperBound, first + RowNumbers.widest - 1)
            var rows = try store.read { try gather($0, first...last) }
            first = last + 1
            guard rows.count > 0 else { continue }
            var batch: [Int64] = []
            try batches(stopping, progress) { store, limit, done in
                batch = rows.lowest(limit)
                try remove(store, &batch, &done)
                return rows.count > batch.count && goingOn()
            } committed: {
                rows.removeLowest(batch.count)
            }
        }
    }

    /// Batches until `step` answers that nothing is left, or the run must end.
    private mutating func batches(
        _ stopping: () -> Bool, _ progress: (Int) -> Void,
        _ step: (StoreWriter, _ limit: Int, inout Cleanup.Counts) throws -> Bool, committed: () -> Void = {}
    ) throws {
        var isMore = true
        while isMore, result.finished {
            let room = (options.maxRows ?? .max) - result.counts.rows
            guard room > 0, goesOn(stopping) else {
                result.finished = false
                return
            }
            let limit = min(pace.size, room)
            let held = try hold { store, done in
                let before = done
                isMore = try step(store, limit, &done)
                return done != before
            }
            committed()
            pace.held(held, isFull: isMore)
            progress(result.counts.total)
            if isMore { stepAside(after: held) }
        }
    }

    private func goesOn(_ stopping: () -> Bool) -> Bool {
        !stopping() && deadline.map { store.clock.now() < $0 } ?? true
    }

    /// One transaction, and how long it held the database: from when it had it, however long it waited before. Where `body`
    /// answers that it changed something, the lease is renewed with it.
    private mutating func hold(_ body: (StoreWriter, inout Cleanup.Counts) throws -> Bool) throws -> Duration {
        var counts = result.counts
        var start = ContinuousClock.now
        var pace = pace
        try store.write(as: actor) { writer in
            start = .now
            counts = result.counts
            pace = self.pace
            pace.begin(at: writer.now, after: writer.facts.lastWriteAt)
            if try body(writer, &counts) { try lease.renew(writer, removed: counts.total) }
        }
        let held = ContinuousClock.now - start
        pace.committed(in: held)
        self.pace = pace
        result.counts = counts
        return held
    }

    /// Folding back is a hold of its own, with a pause before it and after.
    private mutating func stepAside(after held: Duration) {
        store.clock.sleep(pace.pause(after: held))
        guard store.database.walBytes > pace.logLimit else { return }
        store.clock.sleep(pace.pause(after: foldBack()))
    }

    @discardableResult
    private mutating func foldBack() -> Duration {
        let start = ContinuousClock.now
        guard store.database.checkpoint() else { return .zero }
        let took = ContinuousClock.now - start
        pace.foldedBack(in: took)
        return took
    }

    /// Nothing is lost where it is cut short: the next run begins anew, and finds less to do.
    private mutating func sweepEntries(_ stopping: () -> Bool) throws {
        var size = 2000
        for part in try store.read({ try EntrySweep.parts(of: $0) }) where result.finished {
            var sweep = try store.read { try EntrySweep(part, $0) }
            try store.database.asking(EntrySweep.question, sweep.isGone) {
                var isMore: Bool? = true
                while isMore == true {
                    guard goesOn(stopping) else {
                        result.finished = false
                        return
                    }
                    var next = sweep
                    let held = try hold { store, _ in
                        next = sweep
                        isMore = try next.step(store, size)
                        return true
                    }
                    sweep = next
                    size = pace.steered(size, held, within: 500...200_000)
                    stepAside(after: held)
                }
                if isMore == nil { result.finished = false }
            }
        }
        if result.finished {
            _ = try hold { store, _ in
                try store.entriesAreSwept()
                return true
            }
        }
    }

    /// Nobody counts spans among the rows, so no limit on rows concerns them; nor do they say how large a batch of rows may be.
    private mutating func removeSpans(_ stopping: () -> Bool) throws {
        let cut = moment.logins
        var size = 2000
        var isMore = try store.read { try $0.hasSpans(before: cut) }
        while isMore, result.finished {
            guard goesOn(stopping) else {
                result.finished = false
                return
            }
            let held = try hold { store, _ in
                isMore = try store.removeSpans(cut, size) == size
                return true
            }
            size = pace.steered(size, held, within: 500...200_000)
            if isMore { stepAside(after: held) }
        }
    }

    private mutating func returnPages(_ stopping: () -> Bool) throws {
        let pageBytes = try store.database.fileUsage().pageBytes
        var count = 64
        var returned = 0
        repeat {
            guard goesOn(stopping) else {
                result.finished = false
                return
            }
            let held = try hold { store, _ in
                returned = try store.returnFreePages(about: count)
                return returned > 0
            }
            result.bytesReturned += returned * pageBytes
            count = pace.steered(count, held, within: 16...8192)
            stepAside(after: held)
        } while returned > 0
    }

    // MARK: Beside the rows

    /// Also where no key went: a publication that failed before is made up for.
    private func publishKeys() throws {
        let removed = result.counts.keysRemoved.count
        try store.publishKeySet(
            after: removed == 0
                ? "cleanup is done" : "\(removed.counted("key")) \(removed == 1 ? "was" : "were") removed",
            as: actor)
    }

    /// The last audit event that may go; nil where the policy keeps them all, none is due, or the identity that must sign for
    /// them is out of reach, which is then said.
    private mutating func auditRetention() throws -> Int64? {
        guard options.parts.contains(.audit), let until = try store.read({ try $0.auditEventsDue() }) else {
            return nil
        }
        if let why = try store.read({ try $0.reasonToKeepAuditEvents() }) {
            result.skipped.append((.audit, why))
            return nil
        }
        return until
    }

    /// Gives the lease back and records what was done, in one durable transaction.
    private mutating func conclude() throws {
        let counts = result.counts
        let isComplete = result.finished && options.parts.contains(.sessions)
        result.audit = try store.write(as: actor) { writer in
            let isHeld = try lease.giveBack(writer, removed: counts.total, complete: isComplete)
            guard isHeld, counts.total > 0 else { return nil }
            return try writer.audit("cleanup", reason: options.reason, counts: counts.audited)
        }
    }

    private mutating func reported() throws -> CleanupResult {
        let usage = try store.database.fileUsage()
        result.bytesFree = usage.freeBytes
        result.took = .now - began
        result.batches = pace.batches
        result.longestHold = pace.longestHold
        result.tables = try store.read { try CleanupSurvey(options, $0, at: moment) }.tables(after: result.counts)
        return result
    }
}
