import Synchronization
import Testing
import TokenLifecycle

@testable import TokenConsole

/// A line that is erased after it was drawn, on a terminal whose clock the test moves.
@Suite struct ProgressTests {
    private final class Screen {
        var time = TestWorld.newYear
        var columns: Int? = 80
        var written = ""
        /// What each write asked for: a drawing is one of them.
        var drawings: [String] = []

        lazy var sink = Sink(isTerminal: true, columns: { [unowned self] in columns }) {
            [unowned self] bytes throws(Failure) in
            let text = String(decoding: bytes, as: UTF8.self)
            written += text
            drawings.append(text)
        }

        func line(_ label: String = "cleanup") -> ProgressLine {
            ProgressLine(label, on: sink, now: { [unowned self] in time })
        }

        /// What a person sees: carriage returns overwrite from the left.
        var seen: String {
            var row: [Character] = []
            var cursor = 0
            for character in written {
                if character == "\r" {
                    cursor = 0
                } else if cursor < row.count {
                    row[cursor] = character
                    cursor += 1
                } else {
                    row.append(character)
                    cursor += 1
                }
            }
            return String(row.reversed().drop { $0 == " " }.reversed())
        }
    }

    @Test func `nothing is shown of what is over within half a second`() {
        let screen = Screen()
        let line = screen.line()
        for milliseconds in stride(from: 0, to: 500, by: 50) {
            screen.time = TestWorld.newYear + .milliseconds(Int64(milliseconds))
            line.show(BatchProgress(done: milliseconds, total: 1000))
        }
        line.erase()
        #expect(screen.written.isEmpty)
    }

    @Test func `the line says done, total, percent, rate and what is left`() {
        let screen = Screen()
        let line = screen.line()
        screen.time = TestWorld.newYear + .seconds(2)
        line.show(BatchProgress(done: 90_000, total: 900_000))
        #expect(screen.seen == "cleanup 90,000/900,000  10%  45,000/s  ETA 18s")
    }

    @Test func `it is redrawn in place at most ten times a second`() {
        let screen = Screen()
        let line = screen.line()
        for milliseconds in 500..<1500 {
            screen.time = TestWorld.newYear + .milliseconds(Int64(milliseconds))
            line.show(BatchProgress(done: milliseconds, total: 3000))
        }
        #expect(screen.drawings.count == 10)
        #expect(screen.drawings.allSatisfy { $0.hasPrefix("\r") && !$0.contains("\n") })
        #expect(screen.written.utf8.allSatisfy { $0 == 0x0D || (0x20..<0x7F).contains($0) })
    }

    @Test func `at the end nothing is left of it, and the cursor is back`() {
        let screen = Screen()
        let line = screen.line()
        screen.time = TestWorld.newYear + .seconds(1)
        line.show(BatchProgress(done: 100_000, total: 900_000))
        screen.time = TestWorld.newYear + .seconds(9)
        line.show(BatchProgress(done: 900_000, total: 900_000))
        line.erase()
        #expect(screen.seen.isEmpty)
        #expect(screen.written.hasSuffix("\r"))
        line.erase()
        #expect(screen.drawings.count == 3, "erasing nothing draws nothing")
    }

    @Test(arguments: [60, 45, 38, 25, 12, 5, 2])
    func `it never fills the row`(columns: Int) {
        let screen = Screen()
        screen.columns = columns
        let line = screen.line()
        screen.time = TestWorld.newYear + .seconds(100)
        line.show(BatchProgress(done: 123_456, total: 987_654))
        #expect(screen.seen.count < columns)
        #expect(columns < 5 ? screen.seen.isEmpty : screen.seen.contains("12%"))
    }

    @Test func `a narrow terminal loses the rate first`() {
        let texts = ProgressLine.texts("cleanup", BatchProgress(done: 5, total: 10), after: .seconds(1))
        #expect(
            texts == [
                "cleanup 5/10  50%  5.0/s  ETA 1s", "cleanup 5/10  50%  ETA 1s", "5/10  50%  ETA 1s", "50%  ETA 1s",
                "50%",
            ])
    }

    @Test func `what was not counted shows its rate and its time`() {
        let texts = ProgressLine.texts("import", BatchProgress(done: 24_000), after: .seconds(75))
        #expect(texts.first == "import 24,000  320/s  for 1m15s")
    }

    @Test func `rows that came since they were counted do not lead beyond all of it`() {
        let texts = ProgressLine.texts("cleanup", BatchProgress(done: 12, total: 10), after: .seconds(3))
        #expect(texts.first == "cleanup 12/12  100%  4.0/s  ETA 0s")
    }

    @Test func `nothing done yet promises no end`() {
        let texts = ProgressLine.texts("cleanup", BatchProgress(done: 0, total: 10), after: .seconds(3))
        #expect(texts.first == "cleanup 0/10  0%")
    }

    @Test func `an hour and more is told in minutes`() {
        let texts = ProgressLine.texts("cleanup", BatchProgress(done: 1, total: 4000), after: .seconds(1))
        #expect(texts.first?.hasSuffix("ETA 1h6m") == true)
    }

    @Test func `a clock that steps back shows no nonsense`() {
        let screen = Screen()
        let line = screen.line()
        screen.time = TestWorld.newYear + .seconds(1)
        line.show(BatchProgress(done: 10, total: 20))
        screen.time = TestWorld.newYear - .seconds(60)
        line.show(BatchProgress(done: 15, total: 20))
        #expect(screen.seen == "cleanup 10/20  50%  10/s  ETA 1s")
    }

    @Test(arguments: [
        (terminal: true, quiet: false, cron: false, shown: true), (false, false, false, false),
        (true, true, false, false), (true, false, true, false),
    ])
    func `only a person at a terminal sees progress`(
        terminal: Bool, quiet: Bool, cron: Bool, shown: Bool
    ) throws {
        let world = TestWorld()
        var console = world.console(terminal: terminal)
        console.globals.isQuiet = quiet
        console.globals.isCron = cron
        // Each look at the clock is a second later.
        let ticks = Ticks()
        console.clock.now = { ticks.next() }
        console.showingProgress("cleanup") { progress in
            progress(BatchProgress(done: 1, total: 2))
        }
        #expect(world.errors.contains("1/2") == shown)
        #expect(world.output.isEmpty)
    }

    @Test func `an act that fails leaves no line behind`() {
        struct Broken: Error {}
        let screen = Screen()
        let world = TestWorld()
        var console = world.console(terminal: true)
        console.errors = screen.sink
        let ticks = Ticks()
        console.clock.now = { ticks.next() }
        #expect(throws: Broken.self) {
            try console.showingProgress("cleanup") { progress in
                progress(BatchProgress(done: 1, total: 2))
                throw Broken()
            }
        }
        #expect(screen.drawings.count == 2)
        #expect(screen.seen.isEmpty)
    }
}

/// A clock that is a second later each time it is looked at.
private final class Ticks: Sendable {
    private let seconds = Mutex(Int64(0))

    func next() -> Instant {
        seconds.withLock {
            $0 += 1
            return TestWorld.newYear + .seconds($0)
        }
    }
}
