internal import TokenLifecycle

/// A terminal whose content is replaced in place: each frame is one write, from the top left and each line to its end, so
/// that nothing flickers. Only what every terminal understands (ECMA-48 §8.3: CUP, EL, ED).
final class Screen {
    private let output: Sink
    private var isFirst = true

    /// Nil where `console` writes to no terminal, or to one that understands nothing.
    init?(of console: Console) {
        guard console.output.isTerminal, let kind = console.variable("TERM"), kind != "dumb" else { return nil }
        output = console.output
    }

    /// Shows what `body` writes, notes included, under a heading.
    func show(under heading: String?, in console: inout Console, _ body: (inout Console) throws -> Void) throws {
        let frame = Frame()
        let errors = console.errors
        console.output = frame.sink(like: output)
        if errors.isTerminal { console.errors = frame.sink(like: errors) }
        defer {
            console.output = output
            console.errors = errors
        }
        try body(&console)
        try console.output.flush()
        try console.errors.flush()
        try draw(heading.map { [DisplayWidth.fitting($0, into: output.columns ?? .max), ""] } ?? [], frame.lines)
    }

    private func draw(_ head: [String], _ body: [String]) throws(Failure) {
        // What was on the screen goes up into the scrollback instead of being overwritten.
        if isFirst { try output.write(String(repeating: "\n", count: output.rows ?? 0)) }
        isFirst = false
        try output.write("\u{1B}[H")
        for line in head + fitting(body, below: head.count) {
            // Behind a full row the cursor still stands on its last character, which would be erased.
            try output.write(fillsItsRows(line) ? "\(line)\n" : "\(line)\u{1B}[K\n")
        }
        try output.write("\u{1B}[J")
        try output.flush()
    }

    /// As many lines as there is room for, and how many there are more. The last row stays free for the cursor.
    private func fitting(_ lines: [String], below above: Int) -> [String] {
        guard let rows = output.rows else { return lines }
        let room = max(2, rows - above - 1)
        let heights = lines.map(height)
        guard heights.reduce(0, +) > room else { return lines }
        var kept = 0
        var used = 0
        while kept < lines.count, used + heights[kept] < room {
            used += heights[kept]
            kept += 1
        }
        return lines.prefix(kept) + ["(\((lines.count - kept).counted("more line")))"]
    }

    /// Rows that a line takes.
    private func height(of line: String) -> Int {
        guard let columns = output.columns else { return 1 }
        return max(1, (width(of: line) + columns - 1) / columns)
    }

    private func fillsItsRows(_ line: String) -> Bool {
        guard let columns = output.columns else { return false }
        return !line.isEmpty && width(of: line).isMultiple(of: columns)
    }

    /// Colours take no columns.
    private func width(of line: String) -> Int { DisplayWidth.of(line.replacing(/\u{1B}\[[0-9;]*m/, with: "")) }
}

/// What a round wrote.
private final class Frame {
    private var bytes: [UInt8] = []

    func sink(like sink: Sink) -> Sink {
        Sink(isTerminal: true, columns: { sink.columns }, rows: { sink.rows }) { [self] bytes throws(Failure) in
            self.bytes += bytes
        }
    }

    var lines: [String] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
