package import TokenLifecycle

/// The same reading again and again until a signal ends it: `--watch` of every list, and `watch` of the shell.
///
/// A person sees it refreshed in place; without a terminal the snapshots follow each other. Every round reads anew and has
/// given its snapshot of the store back before the wait: nothing is kept from checkpoints or writers.
package struct Watch: Sendable {
    /// More often than this, nobody reads it.
    package static let shortest = Duration.milliseconds(100)
    package static let usual = Duration.seconds(2)

    private let interval: Duration
    private let command: String

    /// `command` heads each snapshot. An interval below the shortest is `.usage`.
    package init(every interval: Duration, _ command: [String]) throws(Failure) {
        guard interval >= Self.shortest else {
            throw Failure(.usage, "a listing is watched at most every \(Self.shortest.text)")
        }
        self.interval = interval
        self.command = (["tokenctl"] + command).map(Self.asTyped).joined(separator: " ")
    }

    /// Runs `round` until a signal, whose exit code becomes the outcome. The first round that fails ends it too.
    package func run(in console: inout Console, _ round: (inout Console) throws -> Void) throws {
        let screen = Screen(of: console)
        let (isQuiet, keepsStore) = (console.globals.isQuiet, console.keepsStore)
        defer { (console.globals.isQuiet, console.keepsStore) = (isQuiet, keepsStore) }
        // A store that is kept is looked after: a database that took its place is read from the next round on.
        console.keepsStore = true
        repeat {
            _ = console.recheckStore()
            if let screen {
                try screen.show(
                    under: isQuiet ? nil : "every \(interval.text)  \(heading(in: console))", in: &console, round)
            } else {
                try append(in: &console, isQuiet: isQuiet, round)
                // What a note says holds for every snapshot: once is enough.
                console.globals.isQuiet = true
            }
            console.wait(interval)
        } while !console.interruption.isRequested
        console.outcome = console.interruption.exitCode.flatMap(ExitCode.init(rawValue:)) ?? .interrupted
    }

    private func heading(in console: Console) -> String { "\(console.now.rfc3339)  \(command)" }

    /// What scripts need: JSON envelopes end by themselves, everything else ends in an empty line.
    private func append(in console: inout Console, isQuiet: Bool, _ round: (inout Console) throws -> Void) throws {
        let format = try console.askedFormat
        if !isQuiet, let format, [.table, .wide, .vertical].contains(format) {
            try console.output.writeLine(heading(in: console))
        }
        try round(&console)
        if format != .json { try console.output.writeLine("") }
        try console.output.flush()
        try console.errors.flush()
    }

    private static func asTyped(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789-_./@%+:,=".unicodeScalars.contains($0)
        }
        let text = Escaping.visible(word)
        return isPlain && !word.isEmpty ? text : "'\(text)'"
    }
}

extension Console {
    /// Waits, but not past a signal.
    fileprivate func wait(_ time: Duration) {
        var left = time
        while left > .zero, !interruption.isRequested {
            let slice = min(left, .milliseconds(50))
            clock.sleep(slice)
            left -= slice
        }
    }
}
