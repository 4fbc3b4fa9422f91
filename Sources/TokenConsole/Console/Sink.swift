internal import Glibc
package import TokenLifecycle

/// Where text goes: standard output, standard error, or a test's memory.
///
/// Buffered; the dispatcher flushes when a command is over, and a failing flush is that command's failure.
package final class Sink {
    /// Whether a person is looking at it.
    package let isTerminal: Bool
    /// The width of the terminal right now, nil where there is none.
    package var columns: Int? { isTerminal ? currentColumns() : nil }
    /// Its height right now.
    package var rows: Int? { isTerminal ? currentRows() : nil }

    private let currentColumns: () -> Int?
    private let currentRows: () -> Int?
    private let drain: ([UInt8]) throws(Failure) -> Void
    private var buffer: [UInt8] = []

    package init(
        isTerminal: Bool, columns: @escaping () -> Int? = { nil }, rows: @escaping () -> Int? = { nil },
        drain: @escaping ([UInt8]) throws(Failure) -> Void
    ) {
        self.isTerminal = isTerminal
        self.currentColumns = columns
        self.currentRows = rows
        self.drain = drain
    }

    package func write(_ text: String) throws(Failure) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 32_768 { try flush() }
    }

    package func writeLine(_ line: String) throws(Failure) {
        try write(line)
        try write("\n")
    }

    /// One that looks like this one to who writes, and keeps what is written.
    func imitation(_ kept: KeptText) -> Sink {
        Sink(isTerminal: isTerminal, columns: { [self] in columns }, rows: { [self] in rows }) {
            bytes throws(Failure) in
            kept.bytes += bytes
        }
    }

    package func flush() throws(Failure) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try drain(bytes)
    }
}

extension Sink {
    /// Writes to an open descriptor, all or a failure (`.io`: a full disk, a closed pipe whose signal is caught).
    package static func descriptor(
        _ descriptor: CInt, named name: String, columns: @escaping () -> Int?, rows: @escaping () -> Int?
    ) -> Sink {
        Sink(isTerminal: isatty(descriptor) == 1, columns: columns, rows: rows) { bytes throws(Failure) in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes { buffer in
                    Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                }
                if count > 0 {
                    written += count
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    throw Failure(.io, "cannot write to \(name): \(systemReason())")
                }
            }
        }
    }
}

/// What was written to an imitation.
final class KeptText {
    var bytes: [UInt8] = []
}
