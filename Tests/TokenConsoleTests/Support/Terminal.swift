import Foundation
import Glibc
import Testing

/// The program on a pseudo-terminal, as a person has it: keys go in, and what the screen would show comes out. Every wait is
/// for something to appear.
final class Terminal {
    struct Silence: Error, CustomStringConvertible {
        let wanted: String
        let seen: String
        var description: String { "waited for '\(wanted)', saw: \(seen.debugDescription)" }
    }

    /// A debug build on a busy machine, and still an end.
    private static let patience = 20.0
    private let master: CInt
    private let id: pid_t
    private var raw: [UInt8] = []
    private var hasEnded = false
    private var isHungUp = false
    /// Everything shown since the start.
    private(set) var transcript = ""

    init(_ arguments: [String], environment: [String: String], columns: Int = 100, rows: Int = 40) throws {
        var (master, slave): (CInt, CInt) = (-1, -1)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&master, &slave, nil, nil, &size) == 0)
        self.master = master
        var name = [CChar](repeating: 0, count: 256)
        try #require(ttyname_r(slave, &name, name.count) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The leader of a new session that opens a terminal has it as its own.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        posix_spawn_file_actions_addclose(&actions, master)
        posix_spawn_file_actions_addclose(&actions, slave)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, 0x80)  // POSIX_SPAWN_SETSID, which only _GNU_SOURCE defines
        let path = try #require(Program.path)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var id: pid_t = 0
        try #require(posix_spawn(&id, path, &actions, &attributes, &words, &variables) == 0)
        self.id = id
        close(slave)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        if !hasEnded {
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
        }
        if !isHungUp { close(master) }
    }

    func type(_ keys: String) { type(bytes: Array(keys.utf8)) }

    func type(bytes keys: [UInt8]) {
        var bytes = keys[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    func signal(_ number: CInt) { kill(id, number) }

    func resize(columns: Int, rows: Int = 40) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Whether keys go to the program one by one and unseen, as readline has it, or line by line, as it found it.
    var isCooked: Bool {
        var settings = termios()
        tcgetattr(master, &settings)
        return settings.c_lflag & tcflag_t(ICANON) != 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Waits until `pattern` is shown, and answers what was before it. What was waited for is behind us then.
    @discardableResult
    func expect(_ pattern: Regex<Substring>, _ name: String = "", within patience: Double = patience) throws -> String {
        let deadline = Date().addingTimeInterval(patience)
        while true {
            let shown = Self.plain(raw)
            if let match = shown.firstMatch(of: pattern) {
                // What is left keeps its escape sequences only where they are not yet whole; nobody asks for them.
                raw = Array(shown[match.range.upperBound...].utf8)
                transcript += shown[..<match.range.upperBound]
                return String(shown[..<match.range.lowerBound])
            }
            guard Date() < deadline, fill(until: deadline) else {
                throw Silence(wanted: name.isEmpty ? "\(pattern)" : name, seen: shown)
            }
        }
    }

    @discardableResult
    func expect(_ text: String) throws -> String { try expect(Self.literal(text), text) }

    private static func literal(_ text: String) -> Regex<Substring> {
        (try? Regex(NSRegularExpression.escapedPattern(for: text), as: Substring.self)) ?? /./
    }

    /// Types, and presses the tab key until `pattern` is shown: what the store has to say comes within its time or not at all,
    /// and a machine that is busy with tests may not let it come.
    @discardableResult
    func complete(_ begun: String, until pattern: Regex<Substring>, _ name: String = "") throws -> String {
        type(begun)
        for _ in 0..<20 {
            type("\t")
            do { return try expect(pattern, name, within: 1) } catch is Silence { continue }
        }
        throw Silence(wanted: name.isEmpty ? "\(pattern)" : name, seen: rest)
    }

    @discardableResult
    func complete(_ begun: String, until text: String) throws -> String {
        try complete(begun, until: Self.literal(text), text)
    }

    /// What was shown since the last wait.
    var rest: String { Self.plain(raw) }

    /// Waits for the prompt; answers what came before it.
    @discardableResult
    func awaitPrompt() throws -> String {
        try expect(Regex(#"(?m)^[a-z.]+(?: \[ro\])?(?: \[\d+\])?> "#, as: Substring.self), "the prompt")
    }

    /// Ctrl-C at the prompt, up to the fresh one.
    func clear() throws {
        type("\u{3}")
        try expect("^C")
        try awaitPrompt()
    }

    /// Waits until keys go to what runs, and not to the prompt.
    func awaitCooked() throws {
        let deadline = Date().addingTimeInterval(Self.patience)
        while !isCooked {
            guard Date() < deadline else { throw Silence(wanted: "a cooked terminal", seen: Self.plain(raw)) }
            usleep(1000)
        }
    }

    /// Types a line at the prompt and answers what it wrote, up to the next prompt.
    @discardableResult
    func run(_ line: String) throws -> String {
        type(line + "\r")
        try expect("\n")
        return try awaitPrompt()
    }

    /// Waits until it has ended. As a shell would show it: 128 and the signal's number for one that ended it.
    func end() throws -> Int32 {
        let deadline = Date().addingTimeInterval(Self.patience)
        var status: CInt = 0
        while waitpid(id, &status, WNOHANG) == 0 {
            guard Date() < deadline else { throw Silence(wanted: "the end", seen: Self.plain(raw)) }
            _ = fill(until: Date().addingTimeInterval(0.05))
        }
        hasEnded = true
        while fill(until: Date()) {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Closes the window.
    func hangUp() {
        close(master)
        isHungUp = true
    }

    private func fill(until deadline: Date) -> Bool {
        guard !isHungUp else {
            usleep(1000)
            return false
        }
        var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, CInt(max(0, deadline.timeIntervalSinceNow * 1000))) > 0 else { return false }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = read(master, &chunk, chunk.count)
        guard count > 0 else { return false }
        raw += chunk[..<count]
        return true
    }

    /// The text without what moves the cursor or colours it, without bells, and without keys that are signals, as a terminal is
    /// sent them while a command runs.
    private static func plain(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.filter { ![0x03, 0x07, 0x0D].contains($0) }, as: UTF8.self)
            .replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").replacing(/\u{1B}[=>]/, with: "")
    }
}
