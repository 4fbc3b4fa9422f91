internal import Glibc
internal import TokenLifecycle

/// The lines typed, from one shell to the next: `$XDG_STATE_HOME/tokenctl/history`, for its owner alone.
///
/// A line that begins with a blank is not kept, nor one with anything in it that looks like a secret, however it is quoted.
struct History {
    /// Lines kept.
    static let most = 1000

    /// Nil where there is no home, or something in the way: then lines live as long as the shell.
    private let path: String?
    private(set) var lines: [String] = []

    init(_ path: String?) {
        self.path = path
        guard let path, let bytes = Self.read(path) else { return }
        let all = bytes.split(separator: 0x0A).compactMap { String(validating: $0, as: UTF8.self) }
            .filter { Self.isFit($0) }
        lines = all.suffix(Self.most)
        // Rewritten only now and then, so that shells side by side seldom meet.
        if all.count > 2 * Self.most { Self.rewrite(path, lines) }
    }

    /// Whether `line` was kept: it is not the same as the last, and none that must not be.
    mutating func add(_ line: String) -> Bool {
        guard Self.isFit(line), line != lines.last else { return false }
        lines.append(line)
        if lines.count > Self.most { lines.removeFirst() }
        if let path { Self.append(path, line) }
        return true
    }

    static func isFit(_ line: String) -> Bool {
        guard let first = line.first, first != " ", first != "\t", !line.contains("\n") else { return false }
        // As the lexer sees it, and with every quote and blank gone: a secret may be in pieces.
        let words = (try? Words.commands(in: line))?.flatMap { $0 } ?? []
        let bare = line.filter { !"'\"\\".contains($0) }
        let dense = bare.filter { !$0.isWhitespace }
        return ([line, bare, dense] + words).allSatisfy { SecretGuard.secret(in: $0) == nil }
    }

    private static func read(_ path: String) -> [UInt8]? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            return nil
        }
        return try? InputFile.read(path, limit: 4 << 20)
    }

    private static func append(_ path: String, _ line: String) {
        // Never waiting for whoever should read a pipe of that name.
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        fchmod(file, 0o600)
        let bytes = Array((line + "\n").utf8)
        _ = write(file, bytes, bytes.count)
    }

    private static func rewrite(_ path: String, _ lines: [String]) {
        try? AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path, mode: 0o600)
    }
}

extension Console {
    /// Where the history is; its folder is made.
    var historyPath: String? {
        guard let state = userFolder("XDG_STATE_HOME", ".local/state") else { return nil }
        let path = "\(state)/tokenctl/history"
        return (try? Files.makeFolders(above: path)) == nil ? nil : path
    }
}
