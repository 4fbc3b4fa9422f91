internal import CProcess
internal import CReadline
internal import Glibc
internal import TokenLifecycle

/// GNU Readline, all of whose state is global: the one room where it is touched, on the main thread.
///
/// Its callback interface, with `poll`: a signal never leaves half a line behind, as it would inside `readline()`. Between
/// lines the terminal is as it was found.
@MainActor enum LineEditor {
    enum Event: Equatable {
        case line(String)
        /// Something was typed that is not UTF-8.
        case noText
        /// Ctrl-D on an empty line, or a terminal that is gone.
        case end
        /// TERM or HUP.
        case terminated
    }

    /// What could complete the line typed so far.
    static var completions: (String) -> Completions = { _ in Completions() }

    private static var hasStarted = false
    private static var event: Event?
    private static var shown = Completions()

    private static func start() {
        guard !hasStarted else { return }
        hasStarted = true
        readline_start(
            { text, _, end in LineEditor.matches(text, end) },
            { _, _, _ in MainActor.assumeIsolated { LineEditor.showCompletions() } })
    }

    /// Lets a person type a line. Ctrl-C leaves what was begun to be read, and begins again.
    static func readLine(_ prompt: String, _ interruption: Interruption) -> Event {
        start()
        event = nil
        let keys = process_hold_keys()
        rl_callback_handler_install(prompt) { line in
            // It is ours to free, and nobody else has it.
            nonisolated(unsafe) let line = line
            MainActor.assumeIsolated { LineEditor.accept(line) }
        }
        defer {
            rl_callback_handler_remove()
            process_release_keys(keys)
        }
        while true {
            if let event { return event }
            var waiting = [interruption.wakeup, keys, STDIN_FILENO].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waiting, 3, -1) > 0 else { continue }
            if waiting[0].revents != 0 {
                guard !interruption.isEnd else { return .terminated }
                readline_clear_line()
                interruption.settle()
            } else if waiting[1].revents != 0 {
                take(process_held_key(keys))
            } else if Int32(waiting[2].revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 {
                // Whatever was typed until now, nobody has sent it.
                return .end
            } else {
                rl_callback_read_char()
            }
        }
    }

    private static func take(_ signal: CInt) {
        switch signal {
        case SIGWINCH: rl_resize_terminal()
        case SIGTSTP:
            rl_deprep_terminal()
            process_stop()
            readline_resume()
        default: break
        }
    }

    private static func accept(_ line: UnsafeMutablePointer<CChar>?) {
        // Until the next line is wanted, the terminal is not readline's; at an end it would show another prompt.
        rl_callback_handler_remove()
        guard let line else {
            readline_end_line()
            event = .end
            return
        }
        defer { free(line) }
        event = String(validatingCString: line).map { .line($0) } ?? .noText
    }
}

extension LineEditor {
    /// For the arrow keys and Ctrl-R.
    static func remember(_ line: String) {
        start()
        add_history(line)
    }

    static func forgetBeyond(_ count: Int) {
        start()
        stifle_history(CInt(clamping: count))
    }
}

extension LineEditor {
    /// What readline wants of completions: the longest common beginning, then each, in memory it frees.
    private nonisolated static func matches(
        _ text: UnsafePointer<CChar>?, _ end: CInt
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        nonisolated(unsafe) var made: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let text = text.map { String(cString: $0) } ?? ""
        MainActor.assumeIsolated { made = matches(text, upTo: Int(end)) }
        return made
    }

    private static func matches(_ text: String, upTo end: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        readline_completed(0)
        let bytes = UnsafeBufferPointer(start: readline_buffer(), count: end).map { UInt8(bitPattern: $0) }
        guard let line = String(validating: bytes, as: UTF8.self) else { return nil }
        shown = completions(line).replacing(text)
        let words = shown.offers.map(\.value)
        guard let first = words.first else { return nil }
        readline_completed(words.count == 1 ? shown.end : 0)
        let common = words.dropFirst().reduce(first) { String(zip($0, $1).prefix { $0 == $1 }.map(\.0)) }
        let all = words.count == 1 ? [first] : [common] + words
        guard let block = calloc(all.count + 1, MemoryLayout<UnsafeMutablePointer<CChar>?>.stride) else { return nil }
        let list = block.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: all.count + 1)
        for (index, word) in all.enumerated() { list[index] = strdup(word) }
        return list
    }

    private static func showCompletions() {
        var rows: CInt = 0
        var columns: CInt = 0
        rl_get_screen_size(&rows, &columns)
        rl_crlf()
        for line in shown.lines(rows: Int(rows), columns: Int(columns)) {
            fputs(line + "\n", readline_output())
        }
        rl_forced_update_display()
    }
}
