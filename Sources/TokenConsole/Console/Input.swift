internal import Glibc
package import TokenLifecycle

/// Standard input: data, never an answer to a prompt. Everything read from it is bounded.
package final class Input {
    package let isTerminal: Bool
    private let nextChunk: () throws(Failure) -> [UInt8]
    private var pending: [UInt8] = []
    private var start = 0
    private var isOver = false

    /// `nextChunk` answers an empty array at the end.
    package init(isTerminal: Bool, nextChunk: @escaping () throws(Failure) -> [UInt8]) {
        self.isTerminal = isTerminal
        self.nextChunk = nextChunk
    }

    /// All of it. More than `limit` bytes is `.malformed`.
    package func readAll(limit: Int) throws(Failure) -> [UInt8] {
        while !isOver, pending.count - start <= limit { try fill() }
        let bytes = Array(pending[start...])
        guard bytes.count <= limit else { throw Failure(.malformed, "standard input is larger than \(limit) bytes") }
        pending = []
        start = 0
        return bytes
    }

    package enum Line: Equatable {
        case bytes([UInt8])
        /// Longer than was allowed; it has been read over.
        case tooLong
    }

    /// The next line without its line end (`\n` or `\r\n`), or nil at the end. One longer than `limit` is `.malformed`.
    package func nextLine(limit: Int = 65_536) throws(Failure) -> [UInt8]? {
        switch try nextLineOfAnyLength(keeping: limit) {
        case .bytes(let line): return line
        case .tooLong: throw Failure(.malformed, "a line on standard input is longer than \(limit) bytes")
        case nil: return nil
        }
    }

    /// The same for whoever answers each line: one that is too long takes no more memory than `limit`, and the next follows.
    package func nextLineOfAnyLength(keeping limit: Int) throws(Failure) -> Line? {
        var isTooLong = false
        var searched = start
        while true {
            let end = pending[searched...].firstIndex(of: 0x0A)
            if (end ?? pending.count) - start > limit { isTooLong = true }
            if end != nil || isOver {
                guard end != nil || start < pending.count || isTooLong else { return nil }
                defer { start = end.map { $0 + 1 } ?? pending.count }
                return isTooLong ? .tooLong : .bytes(trimmed(pending[start..<(end ?? pending.count)]))
            }
            pending.removeFirst(isTooLong ? pending.count : start)
            start = 0
            searched = pending.count
            try fill()
        }
    }

    private func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        Array(line.last == 0x0D ? line.dropLast() : line)
    }

    private func fill() throws(Failure) {
        let chunk = try nextChunk()
        isOver = chunk.isEmpty
        pending += chunk
    }
}

extension Input {
    /// Ids from standard input, one a line; blank lines and lines that begin with `#` say nothing.
    ///
    /// Fails with `.malformed` for text that is not UTF-8 and for more than `limit` ids.
    package func ids(limit: Int = 1_000_000) throws(Failure) -> [String] {
        var ids: [String] = []
        while let line = try nextLine(limit: 4096) {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw Failure(.malformed, "standard input is not UTF-8 text")
            }
            let id = text.trimmingSpaces
            guard !id.isEmpty, !id.hasPrefix("#") else { continue }
            guard ids.count < limit else { throw Failure(.malformed, "more than \(limit) ids on standard input") }
            ids.append(id)
        }
        return ids
    }

    /// In a shell a signal ends the waiting for it: `.interrupted`.
    package static func descriptor(_ descriptor: CInt, _ interruption: Interruption) -> Input {
        Input(isTerminal: isatty(descriptor) == 1) { () throws(Failure) in
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                guard interruption.awaits(descriptor) else { throw Failure(.interrupted, "interrupted") }
                let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if count >= 0 { return Array(chunk[..<count]) }
                if errno == EBADF { return [] }  // standard input was closed by the caller: the same as empty
                guard errno == EINTR else { throw Failure(.io, "cannot read standard input: \(systemReason())") }
            }
        }
    }
}

extension String {
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let head = drop(while: isSpace)
        return String(head.reversed().drop(while: isSpace).reversed())
    }
}
