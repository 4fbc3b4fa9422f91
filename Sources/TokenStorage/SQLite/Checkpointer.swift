internal import CSQLite
internal import GRDB
internal import Synchronization

/// Moves the write-ahead log into the database and truncates it, or does nothing at all.
///
/// SQLite before 3.51.3 (3.50.7, 3.44.6) can lose a commit when a *passive* checkpoint races a writer that restarts the
/// log, and TRUNCATE falls back to passive when it does not get the writer's lock. So nothing checkpoints by itself
/// (`wal_autocheckpoint` is 0), and here the busy handler calls `sqlite3_interrupt` before it gives up: the fall-back finds
/// the connection interrupted and copies no page. With the lock held, no writer can race it.
final class Checkpointer: Sendable {
    struct Outcome: Equatable {
        /// Extended result code of `sqlite3_wal_checkpoint_v2`.
        var code: Int32
        /// Frames in the log and frames copied from it, -1 when SQLite did not get as far.
        var frames: Int32
        var copied: Int32

        var truncated: Bool { code == SQLITE_OK }
    }

    private let wait: LockWait
    private let limit: Int
    /// How large the log must be before the next attempt, in bytes.
    private let due: Mutex<Int>

    /// `limit` in bytes: above it, a commit tries a checkpoint.
    init(wait: LockWait, limit: Int) {
        self.wait = wait
        self.limit = limit
        due = Mutex(limit)
    }

    /// Whether commits try checkpoints at all: not while somebody does it at times of their own choosing.
    func isAutomatic(_ isAutomatic: Bool) {
        due.withLock { $0 = isAutomatic ? limit : .max }
    }

    func truncate(_ database: GRDB.Database, patience: Duration) -> Outcome {
        var outcome = Outcome(code: SQLITE_OK, frames: -1, copied: -1)
        wait.interruptingAfter(patience) {
            outcome.code = sqlite3_wal_checkpoint_v2(
                database.sqliteConnection, "main", SQLITE_CHECKPOINT_TRUNCATE, &outcome.frames, &outcome.copied)
        }
        return outcome
    }

    /// After a commit: one short attempt once the log has grown past the limit. When it fails, the log must grow by a
    /// quarter of the limit before the next, so a long reader does not make every writer wait.
    func truncateIfDue(_ database: GRDB.Database, walBytes: Int) {
        guard walBytes > due.withLock({ $0 }) else { return }
        let truncated = truncate(database, patience: .milliseconds(5)).truncated
        due.withLock { $0 = truncated ? limit : walBytes + limit / 4 }
    }
}
