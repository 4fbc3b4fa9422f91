internal import CProcess
internal import Glibc
internal import TokenLifecycle

/// Where the output of one command goes: to the screen as it is, or through a pager once it is taller.
final class Pager {
    /// What the command writes to.
    private(set) lazy var sink = Sink(
        isTerminal: true, columns: { [screen] in screen.columns }, rows: { [screen] in screen.rows }
    ) { [unowned self] bytes throws(Failure) in try take(bytes) }
    /// Whether the person left it before the end.
    private(set) var wasLeft = false

    private let screen: Sink
    private let command: String
    private let environment: [String: String]
    private let interruption: Interruption
    private var held: [UInt8] = []
    private var child: (id: pid_t, pipe: CInt)?

    init(_ command: String, before screen: Sink, _ environment: [String: String], _ interruption: Interruption) {
        self.command = command
        self.screen = screen
        self.environment = environment
        self.interruption = interruption
    }

    /// What the environment says; empty for none.
    static func command(of console: Console) -> String { console.environment["PAGER"] ?? "less" }

    private func take(_ bytes: [UInt8]) throws(Failure) {
        if let child { return try feed(bytes, to: child.pipe) }
        held += bytes
        let lines = held.count { $0 == 0x0A }
        guard !command.isEmpty, let rows = screen.rows, lines >= rows, let started = start() else { return }
        child = started
        let first = held
        held = []
        try feed(first, to: started.pipe)
    }

    private func feed(_ bytes: [UInt8], to pipe: CInt) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                wasLeft = true
                throw Failure(.io, "the pager was left")
            }
        }
    }

    /// Shows what is left, and waits until the person has seen enough.
    func finish() throws(Failure) {
        guard let child else {
            try screen.write(String(decoding: held, as: UTF8.self))
            return try screen.flush()
        }
        close(child.pipe)
        let end = process_end(child.id)
        defer { if end >= 0 { close(end) } }
        // Ctrl-C is the pager's while it is up.
        var hasAnswered = false
        while end >= 0, !interruption.awaits(end) {
            guard !interruption.isEnd else {
                kill(child.id, SIGTERM)
                break
            }
            interruption.settle()
            hasAnswered = true
        }
        var status: CInt = 0
        while waitpid(child.id, &status, 0) < 0, errno == EINTR {}
        // One that a signal ended, Ctrl-C most of all, left off in the middle of a line.
        guard status & 0x7F != 0 else { return }
        // That Ctrl-C was for both of us: where ours is still on its way, it must not clear the next line instead.
        if status & 0x7F == SIGINT, !hasAnswered { interruption.awaitsSignal(upTo: 200) }
        try screen.write("\n")
        try screen.flush()
    }

    private func start() -> (id: pid_t, pipe: CInt)? {
        var ends: [CInt] = [-1, -1]
        guard process_pipe(&ends) == 0 else { return nil }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What is blocked and ignored here is ours; a pager needs its signals.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var variables = environment
        // Quit when all fits, colours, leave it on the screen; and no shell behind a command that sudo allows.
        variables["LESS"] = variables["LESS"] ?? "FRX"
        variables["LESSSECURE"] = "1"
        variables["LESSCHARSET"] = "utf-8"
        var id: pid_t = 0
        let started = withStrings(["sh", "-c", command]) { arguments in
            withStrings(variables.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments, environment)
            }
        }
        guard started == 0 else {
            close(ends[1])
            return nil
        }
        return (id, ends[1])
    }

    private func withStrings<T>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        pointers.initialize(repeating: nil, count: strings.count + 1)
        defer {
            for index in strings.indices { free(pointers[index]) }
            pointers.deallocate()
        }
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        return body(pointers)
    }
}
