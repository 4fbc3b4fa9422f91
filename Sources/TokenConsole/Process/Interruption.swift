internal import CProcess
internal import Glibc
internal import Synchronization
internal import TokenLifecycle

/// What INT and TERM do: end the process at once while nothing is at stake, otherwise let the act roll back first.
///
/// The signals are blocked everywhere and awaited by one thread of their own, so the answer to a signal is ordinary
/// Swift and not a signal handler.
package final class Interruption: Sendable {
    private struct State {
        var pending: CInt?
        /// How often "something is at stake" has been said and not taken back.
        var stakes = 0
        /// Called on the signal's thread while something is at stake: breaks off a running statement.
        var breakOff: (@Sendable () -> Void)?
        /// The terminal to put back before leaving: its descriptor and the settings it had.
        var terminal: (descriptor: CInt, settings: termios)?
    }

    private let state = Mutex(State())

    package init() {}

    /// The exit code that a signal asked for, 130 or 143; nil while none came.
    package var exitCode: Int32? { state.withLock { $0.pending.map { 128 + $0 } } }

    /// Whether a batch should be the last one.
    package var isRequested: Bool { exitCode != nil }

    /// Runs `body` to its end even when a signal comes; `breakOff` is told of the signal, and `body` decides.
    package func protecting<T>(_ breakOff: (@Sendable () -> Void)? = nil, _ body: () throws -> T) rethrows -> T {
        state.withLock {
            $0.stakes += 1
            if let breakOff { $0.breakOff = breakOff }
        }
        defer {
            state.withLock {
                $0.stakes -= 1
                if $0.stakes == 0 { $0.breakOff = nil }
            }
        }
        return try body()
    }

    /// What a signal does; the waiting thread calls it, and so does a test.
    ///
    /// Answers whether the process must end now.
    package func receive(_ signal: CInt) -> Bool {
        let (atStake, breakOff) = state.withLock {
            $0.pending = signal
            return ($0.stakes > 0, $0.breakOff)
        }
        breakOff?()
        return !atStake
    }

    /// Asks on a terminal, and leaves it as it was, also when a signal ends the process meanwhile.
    func asking<T>(on terminal: CInt, echoing: Bool, _ body: () throws(Failure) -> T) throws(Failure) -> T {
        guard !echoing else { return try body() }
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else {
            throw Failure(.io, "cannot silence the terminal: \(systemReason())")
        }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        settings.c_lflag |= tcflag_t(ECHONL)
        state.withLock { $0.terminal = (terminal, before) }
        defer {
            state.withLock { $0.terminal = nil }
            var restored = before
            tcsetattr(terminal, TCSAFLUSH, &restored)
        }
        guard tcsetattr(terminal, TCSAFLUSH, &settings) == 0 else {
            throw Failure(.io, "cannot silence the terminal: \(systemReason())")
        }
        return try body()
    }

    /// Starts waiting for INT and TERM, except where the parent had them ignored (nohup, a background job).
    ///
    /// To be called once, before any other thread exists: threads inherit what is blocked.
    package func listen() {
        var awaited = sigset_t()
        sigemptyset(&awaited)
        var hasAny = false
        for signal in [SIGINT, SIGTERM] where process_has_default_or_own_action(signal) != 0 {
            sigaddset(&awaited, signal)
            hasAny = true
        }
        guard hasAny, pthread_sigmask(SIG_BLOCK, &awaited, nil) == 0 else { return }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Waiter(self, awaited)).toOpaque()
        let started = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        guard started == 0 else {
            Unmanaged<Waiter>.fromOpaque(context).release()
            pthread_sigmask(SIG_UNBLOCK, &awaited, nil)  // then the signals keep their default: an abrupt, safe end
            return
        }
        pthread_detach(thread)
    }

    fileprivate func restoreTerminal() {
        let terminal = state.withLock { $0.terminal }
        guard var terminal else { return }
        tcsetattr(terminal.descriptor, TCSAFLUSH, &terminal.settings)
    }
}

/// The thread that waits for signals.
private final class Waiter {
    private let interruption: Interruption
    private var awaited: sigset_t

    init(_ interruption: Interruption, _ awaited: sigset_t) {
        self.interruption = interruption
        self.awaited = awaited
    }

    func run() {
        while true {
            var signal: CInt = 0
            guard sigwait(&awaited, &signal) == 0, interruption.receive(signal) else { continue }
            interruption.restoreTerminal()
            // No transaction is open and no output is half-written that a reader could take for whole.
            _exit(128 + signal)
        }
    }
}
