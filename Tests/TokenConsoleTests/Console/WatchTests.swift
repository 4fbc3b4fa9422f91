import Foundation
import Glibc
import Synchronization
import Testing
import TokenLifecycle
import TokenStorage

@testable import TokenConsole

/// `--watch`, on a clock that the test moves: between two rounds it does what the test wants.
@Suite struct `A watched list` {
    private let world = TestWorld()
    private let store: ListWorld

    init() throws {
        store = try ListWorld()
        try store.logIn(2)
    }

    /// Runs `command`, and `between` whenever it waits; after `rounds` of them a signal comes.
    private func watch(
        _ command: String, rounds: Int = 2, signal: Int32 = SIGINT, terminal: (columns: Int, rows: Int)? = nil,
        environment: [String: String] = [:], between: @escaping @Sendable () -> Void = {}
    ) -> TokenConsole.ExitCode {
        let place = [
            "HOME": store.folder, "TOKENCTL_DB": store.folder + "/tokens.db", "TERM": "xterm", "NO_COLOR": "1",
        ]
        var console = world.console(
            terminal: terminal != nil, columns: terminal?.columns, rows: terminal?.rows,
            environment: place.merging(environment) { $1 })
        let interruption = console.interruption
        let time = Mutex((elapsed: Duration.zero, waits: 0))
        console.clock = Clock(
            now: { TestWorld.newYear + time.withLock { $0.elapsed } },
            sleep: { slice in
                let isOver = time.withLock { time in
                    time.elapsed += slice
                    return time.elapsed.milliseconds % 2000 == 0
                }
                guard isOver else { return }
                between()
                if time.withLock({ time in
                    time.waits += 1
                    return time.waits == rounds
                }) {
                    _ = interruption.receive(signal)
                }
            })
        let code = Dispatcher(Tokenctl.self).run(command.split(separator: " ").map(String.init), in: &console)
        try? console.closeStore()
        return code
    }

    /// What the screen showed after each frame, a line a row, blanks at its end cut off.
    private func screens(_ rows: Int) -> [[String]] {
        var screens: [[String]] = []
        var screen = [String](repeating: "", count: rows)
        for frame in world.output.components(separatedBy: "\u{1B}[H").dropFirst() {
            let lines = frame.components(separatedBy: "\n")
            #expect(lines.count <= rows, "a frame that scrolls does not stay in place")
            for (row, line) in lines.enumerated() where row < rows {
                if line.hasSuffix("\u{1B}[K") { screen[row] = String(line.dropLast(3)) }
                if !line.contains("\u{1B}"), row < lines.count - 1 { screen[row] = line }
                if line == "\u{1B}[J" { for below in row..<rows { screen[below] = "" } }
            }
            screens.append(screen)
        }
        return screens
    }

    @Test(arguments: [(SIGINT, ExitCode.interrupted), (SIGTERM, .terminated)])
    func `ends with the code of the signal, and no error`(signal: Int32, code: TokenConsole.ExitCode) {
        #expect(watch("session list --watch", signal: signal) == code)
        #expect(world.errors == "")
    }

    @Test func `reads anew each time`() throws {
        let store = store
        let code = watch("session list --count --watch", rounds: 3) {
            #expect(store.run("session create --user user1").code == .done)
        }
        #expect(code == .interrupted)
        #expect(world.output == "2\n\n3\n\n4\n\n")
    }

    @Test func `holds nothing in the store while it waits`() throws {
        let path = store.folder + "/tokens.db"
        let store = store
        _ = watch("session list --watch") {
            // A reader in the middle of a snapshot would keep the log from being cut.
            #expect(store.run("session create --user user1").code == .done)
            do {
                let database = try Database.open(at: path, steps: Store.steps, applicationID: Store.applicationID)
                defer { try? database.close() }
                #expect(database.checkpoint())
            } catch {
                Issue.record(error)
            }
        }
        #expect(world.output.split(separator: "\n\n").count == 2)
    }

    @Test(arguments: [
        ("tsv", "user\nuser3\nuser2\n\n"), ("csv", "user\r\nuser3\r\nuser2\r\n\n"),
        ("ndjson", "{\"user\":\"user3\"}\n{\"user\":\"user2\"}\n\n"),
        (
            "json",
            "{\"schema\":\"tokenctl/v1/session.list\",\"items\":[\n{\"user\":\"user3\"},\n{\"user\":\"user2\"}\n],\"next\":null}\n"
        ),
        (
            "wide",
            "{time}  tokenctl session list --columns user -o wide --watch\nUSER\nuser3\nuser2\n\n"
        ),
    ])
    func `without a terminal appends snapshots`(format: String, snapshot: String) {
        _ = watch("session list --columns user -o \(format) --watch")
        let times = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:02.000Z"]
        #expect(world.output == times.map { snapshot.replacing("{time}", with: $0) }.joined())
    }

    @Test func `says once what holds for every snapshot`() {
        _ = watch("session list --user *1 --watch", rounds: 3)
        #expect(world.errors.components(separatedBy: "no index").count == 2)
    }

    @Test func `is refreshed in place on a terminal, under the time and the command`() throws {
        let store = store
        let code = watch("session list --columns user,state --watch", terminal: (60, 10)) {
            #expect(store.run("user logout user3 --reason test --yes").code == .done)
        }
        #expect(code == .interrupted)
        #expect(
            screens(10).map { $0.prefix(5) } == [
                [
                    "every 2s  2026-01-01T00:00:00.000Z  tokenctl session list -…", "", "USER   STATE",
                    "user3  active",
                    "user2  active",
                ],
                [
                    "every 2s  2026-01-01T00:00:02.000Z  tokenctl session list -…", "", "USER   STATE",
                    "user2  active",
                    "",
                ],
            ])
        #expect(!world.output.contains("\u{1B}[2J"), "erasing first would flicker")
    }

    @Test func `never scrolls away what it shows: more lines than rows are counted`() throws {
        for _ in 0..<40 { #expect(store.run("session create --user user1").code == .done) }
        _ = watch("session list --columns user --watch", rounds: 1, terminal: (70, 12))
        let screen = try #require(screens(12).last)
        #expect(screen[10] == "(\(42 + 1 - 8) more lines)")
    }

    @Test func `erases behind a line, but never its last character`() throws {
        // The heading is cut to the width of the terminal, so it fills its row.
        _ = watch("session list --columns user,state,client,device --watch", rounds: 1, terminal: (62, 10))
        let heading = try #require(
            world.output.components(separatedBy: "\u{1B}[H").last?.components(separatedBy: "\n").first)
        #expect(DisplayWidth.of(heading) == 62)
        #expect(!heading.contains("\u{1B}"))
        #expect(screens(10).last?[0] == heading)
    }

    @Test func `counts the rows of long lines`() throws {
        _ = watch("session list -o wide --watch", rounds: 1, terminal: (20, 9))
        let lines = try #require(screens(9).last)
        let used = lines.reduce(0) { $0 + max(1, (DisplayWidth.of($1) + 19) / 20) }
        #expect(used <= 9)
    }

    @Test func `shows its notes below the list, not in the middle of the screen`() throws {
        _ = watch("session list --user *2 --columns user --watch", rounds: 1, terminal: (100, 10))
        #expect(world.errors == "")
        #expect(screens(10).last?[4].hasPrefix("tokenctl: note: no index") == true)
    }

    @Test func `appends where the terminal cannot be moved around on`() {
        _ = watch("session list --watch", terminal: (80, 24), environment: ["TERM": "dumb"])
        #expect(!world.output.contains("\u{1B}"))
        #expect(world.output.components(separatedBy: "user3").count == 3)
    }

    @Test func `reads the database that took the place of another`() throws {
        let path = store.folder + "/tokens.db"
        let other = try ListWorld()
        try other.logIn(5)
        let code = watch("session list --count --watch") { _ = rename(other.folder + "/tokens.db", path) }
        #expect(code == .interrupted)
        #expect(world.output == "2\n\n5\n\n")
    }

    @Test func `ends at the first round that fails, with its code`() throws {
        let path = store.folder + "/tokens.db"
        let code = watch("key list --key {gone} --watch", rounds: 5) { unlink(path) }
        #expect(code == .notFound)
        #expect(world.errors.contains("{gone}"))
    }

    @Test(arguments: [
        ("--watch 50ms", "at least 100ms"), ("--watch=99ms", "at least 100ms"), ("--watch 0s", "at least 100ms"),
        ("--watch 5x", "5x"), ("--watch --fail-empty", "contradicts"), ("--watch=", "watch"),
    ])
    func `refuses an interval that is none`(flags: String, words: String) {
        #expect(watch("session list \(flags)") == .usage)
        #expect(world.errors.contains(words))
        #expect(world.output == "")
    }

    @Test(arguments: [
        (["--watch"], ["--watch", "2s"]), (["--watch", "500ms", "-q"], ["--watch", "500ms", "-q"]),
        (["--watch", "--json"], ["--watch", "2s", "--json"]), (["--watch=3s"], ["--watch=3s"]),
        (["--watch", "al*"], ["--watch", "2s", "al*"]), (["--", "--watch"], ["--", "--watch"]),
        (["--watch", "--"], ["--watch", "2s", "--"]),
        (["--watch", "٣s"], ["--watch", "2s", "٣s"]),
    ])
    func `needs no interval`(typed: [String], filled: [String]) {
        #expect(OptionalValue.filled(typed) == filled)
    }
}

/// The same as a process of its own, ended for real.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `A watching process` {
    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func `has written whole snapshots when a signal ends it`(signal: Int32, code: Int32) throws {
        let fixture = try DemoFixture()
        let running = try Program.start(
            ["key", "list", "-o", "id", "--watch", "100ms"], environment: ["TOKENCTL_DB": fixture.database.path])
        let first = running.output.fileHandleForReading.availableData
        #expect(first.suffix(2) == Array("\n\n".utf8))
        let ending = running.end(signal)
        #expect(ending.code == code)
        #expect(ending.errors == "")
        #expect(running.process.terminationReason == .exit)
    }
}
