import Foundation
import Glibc
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `A script for the shell` {
    @Test func `stops at its first error, with its code and place`() throws {
        let shell = try ShellWorld()
        let answer = shell.run(shell.script("# first\n\nuser list --limit 1 -o id\nuser show nobody\nuser list\n"))
        #expect(answer.code == .notFound)
        #expect(answer.output.split(separator: "\n").count == 1)
        #expect(answer.errors.hasPrefix("tokenctl: error: stdin:4: "))
    }

    @Test func `says where in JSON too, and where an answer of no ended it`() throws {
        let shell = try ShellWorld()
        let json = shell.run(shell.script("set output json\nuser show nobody"))
        #expect((JSONText.object(json.errors)?["message"] as? String)?.hasPrefix("stdin:2: ") == true)
        let no = shell.run(shell.script("denylist check abc\n"))
        #expect(no.code == .done)
        let empty = shell.run(shell.script("set output table\nsession list --user nobody --fail-empty\nstatus"))
        #expect(empty.code == .nothingMatched)
        #expect(empty.errors == "tokenctl: note: stdin:2: exit 3\n")
    }

    @Test func `goes on when told so, and then ends in 7`() throws {
        let shell = try ShellWorld()
        let answer = shell.run(shell.script("user show nobody\nuser lst\nuser list --limit 1 -o id"), keepsGoing: true)
        #expect(answer.code == .partial)
        #expect(answer.output.split(separator: "\n").count == 1)
        #expect(answer.errors.contains("stdin:1: "))
        #expect(answer.errors.contains("stdin:2: "))
        #expect(shell.run(shell.script("status -q\n"), keepsGoing: true).code == .done)
    }

    @Test func `is ended by a signal that comes between two of its commands`() throws {
        let interruption = Interruption()
        try interruption.outlive()
        let shell = try ShellWorld { $0.interruption = interruption }
        _ = interruption.receive(SIGINT)
        let answer = shell.run(shell.script("user list -o id\nuser show nobody\n"), keepsGoing: true)
        #expect(answer.code == .interrupted)
        #expect(answer.output == "" && answer.errors.hasSuffix("interrupted\n"), "\(answer.errors)")
    }

    @Test func `ends at exit, and at its last line without a line end`() throws {
        let shell = try ShellWorld()
        #expect(shell.run(shell.script("exit\nuser show nobody")).code == .done)
        #expect(
            try ShellWorld().run(Script(commands: ["user show nobody"])).errors.hasPrefix("tokenctl: error: no user"))
    }

    @Test func `runs files from files, each error with its own place`() throws {
        let shell = try ShellWorld()
        func write(_ name: String, _ text: String) throws -> String {
            let path = shell.fixture.folder.path + "/" + name
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
        let inner = try write("inner", "session list --limit 2\r\nsession show @1 -o id\r\nuser show nobody\n")
        let outer = try write("outer", "source \(inner)\nstatus\n")
        let answer = shell("source \(outer)")
        #expect(answer.code == .notFound)
        #expect(answer.errors.hasPrefix("tokenctl: error: \(inner):3: no user"), "\(answer.errors)")
        let loop = try write("loop", "source \(shell.fixture.folder.path)/loop\n")
        #expect(shell("source \(loop)").errors.contains("runs itself"))
        #expect(shell("source \(shell.fixture.folder.path)/none").code == .absent)
        #expect(shell("source \(shell.fixture.folder.path)").code == .malformed)
        try Data([0x61, 0xFF, 0x0A]).write(to: URL(filePath: outer))
        #expect(shell("source \(outer)").errors.contains("\(outer):1 is not UTF-8 text"))
    }
}

@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `tokenctl shell, without a terminal,` {
    private let fixture: DemoFixture
    private let environment: [String: String]

    init() throws {
        fixture = try DemoFixture()
        let place = fixture.folder.path
        environment = ["HOME": place, "XDG_CONFIG_HOME": place, "TOKENCTL_DB": place + "/tokens.db"]
    }

    private func run(_ arguments: [String], input: String = "") throws -> Program.Ending {
        try Program.run(["shell"] + arguments, input: input, environment: environment)
    }

    @Test func `runs what is piped in, and asks nobody`() throws {
        let ending = try run([], input: "session create --user zoe -q\nsession list --user zoe\nsession revoke @1\n")
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("ended"))
        #expect(try run([], input: "user show nobody\n").code == 4)
        #expect(try run([], input: "user logout alice --reason x\n").code == 5)
    }

    @Test func `takes commands and files as arguments`() throws {
        let ids = try run(["-c", "session list --limit 2 --state all", "-c", "session show @2", "-o", "id"])
        let shown = ids.output.split(separator: "\n")
        #expect(shown.count == 3, "\(ids.errors)")
        #expect(shown.last == shown.dropLast().last)
        #expect(try run(["-c", "status -q", "-c", "nonsense"]).errors.hasPrefix("tokenctl: error: -c:2: "))
        #expect(try run(["--keep-going", "-c", "nonsense", "-c", "status"]).code == 7)
        #expect(try run(["--read-only", "-c", "session create --user x"]).code == 77)
        let path = fixture.folder.path + "/script"
        try "token verify -\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try run(["--file", path], input: "no token").code == 1)
        #expect(try run(["--file", path, "-c", "status"]).code == 64)
        #expect(try run(["--file", path + "none"]).code == 66)
        #expect(try run(["--columns", "nonsense"]).code == 64)
    }

    /// The short form; `Benchmarks/shell` watches ten thousand, in a script and at the prompt.
    @Test func `keeps nothing in memory from command to command`() throws {
        let running = try Program.start(["shell"], environment: environment)
        func resident(after count: Int) throws -> Int {
            let lines = String(repeating: "session list --state all --limit 1 -o id -q\n", count: count)
            running.input.fileHandleForWriting.write(Data(lines.utf8))
            var answers = 0
            while answers < count {
                let some = running.output.fileHandleForReading.availableData
                try #require(!some.isEmpty, "the shell ended")
                answers += some.count { $0 == 0x0A }
            }
            let size = try #require(running.proc("status").firstMatch(of: /VmRSS:\s+(\d+) kB/))
            return try #require(Int(size.1))
        }
        let early = try resident(after: 100)
        let late = try resident(after: 300)
        #expect(late - early < 1024, "KiB, after 300 more")
        try running.input.fileHandleForWriting.close()
        #expect(running.end().code == 0)
    }

    @Test func `never takes the lines of the script for data`() throws {
        let ending = try run([], input: "token verify -\nthis line is no token\n")
        #expect(ending.code == 64)
        #expect(ending.errors.contains("stdin:1: standard input is the script itself"))
    }
}
