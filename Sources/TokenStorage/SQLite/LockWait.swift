internal import Glibc
internal import Synchronization

/// How long a connection waits for a lock that somebody else holds, and what may end its work early.
///
/// SQLite's own `busy_timeout` sleeps ever longer, up to 100 ms, so beside a cleanup that takes the lock again and again it
/// hardly ever wins. Asking every millisecond does. Who still waits after a hundred times is in a crowd, which would ask all
/// processors away from the one that has the lock: it asks more rarely, though more often than cleanup opens its door.
final class LockWait: Sendable {
    private struct State {
        var patience: Duration
        var deadline = ContinuousClock.now
        var isWorking = false
        var isInterrupted = false
        var isClosed = false
        var interruptsWhenGivingUp = false
    }

    private let state: Mutex<State>
    private let interruptConnection = Mutex<(@Sendable () -> Void)?>(nil)

    init(patience: Duration) {
        state = Mutex(State(patience: patience))
    }

    /// Tells how to call `sqlite3_interrupt`, once there is a connection.
    func attach(interrupt: @escaping @Sendable () -> Void) {
        interruptConnection.withLock { $0 = interrupt }
    }

    /// SQLite's busy handler: whether to ask for the lock again. `attempts` counts from 0 for each lock waited for.
    func keepsWaiting(attempts: Int) -> Bool {
        let (waits, interrupts) = state.withLock { state in
            let now = ContinuousClock.now
            if attempts == 0 { state.deadline = now + state.patience }
            let waits = !state.isInterrupted && now < state.deadline
            return (waits, !waits && state.interruptsWhenGivingUp)
        }
        if waits { usleep(Self.microseconds(beforeAttempt: attempts + 1, chance: .random(in: 0..<1000))) }
        if interrupts { interruptConnection.withLock { $0?() } }
        return waits
    }

    /// How long to wait before asking again: 1 ms for the first hundred times, then ever longer, up to 8. `chance`, of 0 to
    /// 999, keeps a crowd from asking all at once.
    static func microseconds(beforeAttempt attempt: Int, chance: UInt32) -> UInt32 {
        guard attempt > 100 else { return 1000 }
        return UInt32(min(7, 1 + (attempt - 100) / 25)) * 1000 + chance
    }

    /// Runs a piece of work that `interrupt` can end.
    func working<T>(_ body: () throws -> T) throws -> T {
        try state.withLock { state in
            guard !state.isClosed else { throw StorageError(.bug, "the database is closed") }
            state.isWorking = true
            state.isInterrupted = false
        }
        defer { state.withLock { $0.isWorking = false } }
        return try body()
    }

    /// Runs with another patience, and, when it is at its end, interrupts the connection before SQLite is told to give up.
    func interruptingAfter<T>(_ patience: Duration, _ body: () throws -> T) rethrows -> T {
        let usual = state.withLock { state in
            defer {
                state.patience = patience
                state.interruptsWhenGivingUp = true
            }
            return state.patience
        }
        defer {
            state.withLock { state in
                state.patience = usual
                state.interruptsWhenGivingUp = false
            }
        }
        return try body()
    }

    /// Ends the work that is under way; without any, does nothing.
    func interrupt() {
        // Held while SQLite is called, so that the connection cannot be closed meanwhile.
        state.withLock { state in
            guard state.isWorking, !state.isClosed else { return }
            state.isInterrupted = true
            interruptConnection.withLock { $0?() }
        }
    }

    var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    func checkInterruption() throws(StorageError) {
        if isInterrupted { throw .interruption }
    }

    /// Returns whether it was open.
    func close() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }
}
