/// How a cleanup shares the database: how much one transaction does, when the write-ahead log is folded back, and how long
/// to step aside in between.
///
/// Nothing tells whether somebody waits for the lock, but store time tells whether somebody wrote since the last batch.
/// Beside others every hold, checkpoints included, is to be short, and the pauses as long; alone, the log may grow before it
/// is folded back, which saves writing the same pages again and again.
struct CleanupPace {
    /// How long one hold should be at most.
    private let wanted: Duration
    /// Rows of the next batch.
    private(set) var size = 500
    private(set) var batches = 0
    private(set) var longestHold = Duration.zero
    /// Bytes of log above which it is folded back, beside others and alone; steered like the size of a batch.
    private var sharedLog = 1 << 20
    private var ownLog = 24 << 20
    /// Batches since somebody else wrote. It begins as if somebody just had.
    private var batchesAlone = 0
    private var lastWrite: Instant?

    init(wanted: Duration) {
        self.wanted = wanted
    }

    /// Below what a writer of the library tolerates, or it would fold our pages back itself.
    private static let mostSharedLog = 3 << 20
    private static let mostOwnLog = 40 << 20
    private static let batchesUntilAlone = 40

    var isAlone: Bool { batchesAlone >= Self.batchesUntilAlone }

    var logLimit: Int { isAlone ? ownLog : sharedLog }

    /// What a hold aims at. Beside others, lower than wanted: holds scatter around it, and it is the long ones that are felt.
    private var aim: Duration { isAlone ? wanted : wanted * 3 / 5 }

    /// At the start of a batch: `now` is its store time, `latest` that of the last write before it, by whomever.
    mutating func begin(at now: Instant, after latest: Instant) {
        batchesAlone = lastWrite == nil || latest == lastWrite ? batchesAlone + 1 : 0
        lastWrite = now
    }

    /// After any transaction.
    mutating func committed(in duration: Duration) {
        batches += 1
        longestHold = max(longestHold, duration)
    }

    /// Steers the next batch of rows; one that was not full says little.
    mutating func held(_ duration: Duration, isFull: Bool) {
        if isFull || duration > aim { size = steered(size, duration, within: 50...50_000) }
    }

    /// Alone, a checkpoint may take some batches' time: who comes just then waits once, and less than ten times as long.
    mutating func foldedBack(in duration: Duration) {
        longestHold = max(longestHold, duration)
        if isAlone {
            ownLog = Self.steered(ownLog, duration, towards: wanted * 6, within: 4 << 20...Self.mostOwnLog)
        } else {
            sharedLog = steered(sharedLog, duration, within: 256 << 10...Self.mostSharedLog)
        }
    }

    /// How long to step aside after a hold. A writer of ours asks for the lock every millisecond and needs no more than two;
    /// one with SQLite's own handler asks ever more rarely, so now and then the door stays open for longer.
    func pause(after held: Duration) -> Duration {
        let short = Duration.milliseconds(2)
        let isLong = !isAlone || batches.isMultiple(of: 10)
        return isLong ? max(short, min(held, wanted)) : short
    }

    /// What would have taken as long as aimed at, never more than half or double at once.
    func steered(_ size: Int, _ took: Duration, within range: ClosedRange<Int>) -> Int {
        Self.steered(size, took, towards: aim, within: range)
    }

    private static func steered(
        _ size: Int, _ took: Duration, towards aim: Duration, within range: ClosedRange<Int>
    ) -> Int {
        let ratio = aim / max(took, .microseconds(500))
        return min(range.upperBound, max(range.lowerBound, Int(Double(size) * min(2, max(0.5, ratio)))))
    }
}
