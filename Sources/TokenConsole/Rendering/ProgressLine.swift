package import TokenLifecycle

/// One line that says how far a long act is, redrawn in place on standard error while a person waits.
///
/// It appears only after half a second, so that what is quick stays silent, changes at most ten times a second, and is
/// erased at the end: the report stands alone. ASCII and carriage returns only, so any terminal understands it.
package final class ProgressLine {
    /// An act that is over sooner shows nothing.
    static let patience = Duration.milliseconds(500)
    /// Between two drawings.
    static let pause = Duration.milliseconds(100)
    /// Where the terminal does not say how wide it is.
    private static let usualColumns = 80

    private let label: String
    private let sink: Sink
    private let now: () -> Instant
    private let began: Instant
    private var drawnAt: Instant?
    /// Columns that the last drawing took: what the next one, or the end, must cover.
    private var drawn = 0

    /// `label` says in ASCII what goes on; `now` is asked for the time, and a test decides it.
    package init(_ label: String, on sink: Sink, now: @escaping () -> Instant) {
        self.label = label
        self.sink = sink
        self.now = now
        began = now()
    }

    /// What the operation calls after each of its transactions.
    package func show(_ progress: BatchProgress) {
        let now = now()
        guard now - began >= Self.patience else { return }
        if let drawnAt, now - drawnAt < Self.pause { return }
        drawnAt = now
        // The last column stays free: a cursor beyond it would wrap, and a carriage return would not come back.
        let room = (sink.columns ?? Self.usualColumns) - 1
        draw(Self.texts(label, progress, after: now - began).first { $0.utf8.count <= room } ?? "")
    }

    /// Takes the line away; what is written next begins where it began.
    package func erase() {
        guard drawn > 0 else { return }
        draw("")
        drawnAt = nil
    }

    /// A terminal that cannot be written to any more is no reason to end the act, so nothing here fails.
    private func draw(_ text: String) {
        let width = text.utf8.count
        let covering = String(repeating: " ", count: max(0, drawn - width))
        try? sink.write("\r\(text)\(covering)" + (width == 0 ? "\r" : ""))
        try? sink.flush()
        drawn = width
    }

    /// The line from its longest form to its shortest: a narrow terminal gets what matters most.
    static func texts(_ label: String, _ progress: BatchProgress, after elapsed: Duration) -> [String] {
        let perSecond = Double(progress.done) * 1000 / Double(max(1, elapsed.milliseconds))
        let rate =
            perSecond < 10 ? "\(Int(perSecond * 10) / 10).\(Int(perSecond * 10) % 10)/s" : "\(Int(perSecond).grouped)/s"
        guard let counted = progress.total else {
            let count = progress.done.grouped
            return ["\(label) \(count)  \(rate)  for \(elapsed.brief)", "\(label) \(count)  \(rate)", count]
        }
        // Rows may have come since they were counted: then what is done is all there is.
        let total = max(counted, progress.done)
        let percent = total == 0 ? "100%" : "\(progress.done * 100 / total)%"
        let count = "\(progress.done.grouped)/\(total.grouped)"
        let left = perSecond > 0 ? Double(total - progress.done) / perSecond : .infinity
        guard left < Double(Duration.longest.components.seconds) else {
            return ["\(label) \(count)  \(percent)", "\(count)  \(percent)", percent]
        }
        let eta = "ETA \(Duration.seconds(Int64(left.rounded(.up))).brief)"
        return [
            "\(label) \(count)  \(percent)  \(rate)  \(eta)", "\(label) \(count)  \(percent)  \(eta)",
            "\(count)  \(percent)  \(eta)", "\(percent)  \(eta)", percent,
        ]
    }
}

extension Duration {
    /// For a person who waits: whole seconds, and above an hour whole minutes.
    fileprivate var brief: String {
        let seconds = components.seconds
        return Duration.seconds(seconds < 3600 ? seconds : seconds / 60 * 60).text
    }
}

extension Console {
    /// Whether anyone would see progress: a person at a terminal who did not ask for silence.
    package var showsProgress: Bool { errors.isTerminal && !globals.isQuiet && !globals.isCron }

    /// Runs a long operation that tells how far it is, and shows that while it goes on.
    ///
    /// Nothing is left of the line when `body` returns or throws.
    package func showingProgress<T>(_ label: String, _ body: ((BatchProgress) -> Void) throws -> T) rethrows -> T {
        guard showsProgress else { return try body { _ in } }
        let line = ProgressLine(label, on: errors, now: clock.now)
        defer { line.erase() }
        return try body { line.show($0) }
    }
}
