internal import CProcess
internal import Glibc
package import TokenLifecycle

/// Asks a person. A test answers from a list.
package struct Prompter {
    /// Whether there is a person to ask.
    package let isAvailable: Bool
    private let answer: (_ question: String, _ isEchoing: Bool) throws(Failure) -> String?

    package init(
        isAvailable: Bool, answer: @escaping (_ question: String, _ isEchoing: Bool) throws(Failure) -> String?
    ) {
        self.isAvailable = isAvailable
        self.answer = answer
    }

    /// The line typed after `question`, without its end; nil when the person closed the input (Ctrl-D).
    package func ask(_ question: String, echoing: Bool = true) throws(Failure) -> String? {
        try answer(question, echoing)
    }

    package static var nobody: Prompter { Prompter(isAvailable: false) { _, _ throws(Failure) in nil } }
}

extension Prompter {
    /// Asks on the controlling terminal, whatever standard input is: data piped in never answers a question.
    ///
    /// Available when standard error, where the preview stands, is a terminal too; otherwise nobody could judge.
    package static func terminal(_ interruption: Interruption) -> Prompter {
        guard isatty(STDERR_FILENO) == 1 else { return .nobody }
        let probe = process_open_terminal()
        guard probe >= 0 else { return .nobody }
        close(probe)
        return Prompter(isAvailable: true) { question, echoing throws(Failure) in
            let terminal = process_open_terminal()
            guard terminal >= 0 else { throw Failure(.io, "cannot open the terminal: \(systemReason())") }
            defer { close(terminal) }
            return try interruption.asking(on: terminal, echoing: echoing) { () throws(Failure) in
                try put(question, on: terminal)
                // Ctrl-C at a question is an answer: no.
                guard interruption.awaits(terminal) else {
                    try put("\n", on: terminal)
                    if interruption.isEnd { throw Failure(.interrupted, "interrupted; nothing was changed") }
                    interruption.settle()
                    return nil
                }
                return try line(from: terminal)
            }
        }
    }

    private static func put(_ text: String, on terminal: CInt) throws(Failure) {
        let bytes = Array(text.utf8)
        guard write(terminal, bytes, bytes.count) == bytes.count else {
            throw Failure(.io, "cannot write to the terminal: \(systemReason())")
        }
    }

    /// The terminal's own line editing applies; a line longer than 4096 bytes cannot be typed.
    private static func line(from terminal: CInt) throws(Failure) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(terminal, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.io, "cannot read the terminal: \(systemReason())") }
            guard count > 0 else { return nil }
            let typed = buffer[..<count].prefix { $0 != 0x0A }
            guard let text = String(validating: typed, as: UTF8.self) else {
                throw Failure(.malformed, "what was typed is not UTF-8 text")
            }
            return text
        }
    }
}
