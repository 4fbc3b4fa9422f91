internal import CProcess
internal import Glibc
internal import Synchronization
package import TokenLifecycle

/// What INT, TERM and HUP do: end the process at once while nothing is at stake, otherwise let the act roll back first.
/// In a shell none of them ends the process: what runs breaks off, and whoever waits for a key wakes up.
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
        /// The same while nothing is at stake, in a shell.
        var standing: (@Sendable () -> Void)?
        /// Becomes readable when a signal comes; -1 outside a shell.
        var wakeup: CInt = -1
        /// The terminal to put back before leaving: its descriptor and the settings it had.
        var terminal: (descriptor: CInt, settings: termios)?
    }

    private let state = Mutex(State())

    package init() {}

    /// The exit code that a signal asked for, 129, 130 or 143; nil while none came.
    package var exitCode: Int32? { state.withLock { $0.pending.map { 128 + $0 } } }

    /// Whether a batch should be the last one.
    package var isRequested: Bool { exitCode != nil }

    /// Fails with `.interrupted` where a signal came before there was anything that it could break off.
    func check() throws(Failure) {
        guard !isRequested else { throw Failure(.interrupted, "interrupted: nothing was changed") }
    }

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
        let (isOver, breakOff) = state.withLock { state in
            // A Ctrl-C takes nothing back from who asked for the end.
            if signal != SIGINT || state.pending == nil { state.pending = signal }
            let isInShell = state.wakeup >= 0
            if isInShell { eventfd_write(state.wakeup, 1) }
            let isAtStake = state.stakes > 0
            return (!isAtStake && !isInShell, isAtStake ? state.breakOff : isInShell ? state.standing : nil)
        }
        breakOff?()
        return isOver
    }

    /// From now on signals end no process; `settle` says that one was answered.
    package func outlive() throws(Failure) {
        let wakeup = process_wakeup()
        guard wakeup >= 0 else { throw Failure(.io, "cannot wait for signals: \(systemReason())") }
        state.withLock { $0.wakeup = wakeup }
    }

    /// What breaks off work that nothing is at stake in: reading.
    func breaksOff(_ breakOff: (@Sendable () -> Void)?) {
        state.withLock { $0.standing = breakOff }
    }

    /// Readable once a signal came; -1 where signals end the process.
    var wakeup: CInt { state.withLock { $0.wakeup } }

    /// Whether the process was asked to end, not only what it does.
    var isEnd: Bool { state.withLock { $0.pending.map { $0 != SIGINT } ?? false } }

    /// A Ctrl-C was answered. TERM and HUP stay.
    func settle() {
        state.withLock { state in
            guard state.wakeup >= 0 else { return }
            if state.pending == SIGINT { state.pending = nil }
            var count: eventfd_t = 0
            if state.pending == nil { eventfd_read(state.wakeup, &count) }
        }
    }

    /// Waits until `descriptor` can be read. False when a signal came first, or had come before.
    func awaits(_ descriptor: CInt) -> Bool {
        let wakeup = wakeup
        guard wakeup >= 0 else { return true }
        var waiting = [
            pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&waiting, 2, -1) < 0, errno == EINTR {}
        return waiting[0].revents == 0
    }

    /// Waits for a signal that was sent and may not have come yet, so many milliseconds at most.
    func awaitsSignal(upTo milliseconds: CInt) {
        let wakeup = wakeup
        guard wakeup >= 0 else { return }
        var waiting = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, milliseconds)
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

    /// Starts waiting for INT, TERM and HUP, except where the parent had them ignored (nohup, a background job).
    ///
    /// To be called once, before any other thread exists: threads inherit what is blocked.
    package func listen() {
        var awaited = sigset_t()
        sigemptyset(&awaited)
        var hasAny = false
        for signal in [SIGINT, SIGTERM, SIGHUP] where process_has_default_or_own_action(signal) != 0 {
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
        // What this thread does not wait for is for the others to take, or to hold.
        var others = sigset_t()
        sigfillset(&others)
        for trap in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] { sigdelset(&others, trap) }
        pthread_sigmask(SIG_BLOCK, &others, nil)
        while true {
            var signal: CInt = 0
            guard sigwait(&awaited, &signal) == 0, interruption.receive(signal) else { continue }
            interruption.restoreTerminal()
            // No transaction is open and no output is half-written that a reader could take for whole.
            _exit(128 + signal)
        }
    }
}
