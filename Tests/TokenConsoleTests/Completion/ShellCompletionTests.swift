import Foundation
import Glibc
import Testing

@testable import TokenConsole

/// The scripts in the real shells, as far as these are installed; bash always is.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `The completion script` {
    private static func shell(_ name: String) -> String? {
        ["/bin/", "/usr/bin/", "/usr/local/bin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What `shell` prints for a script that finds the built program first on its path.
    private func output(of shell: String, _ arguments: [String], _ fixture: DemoFixture) throws -> String {
        let folder = URL(filePath: try #require(Program.path)).deletingLastPathComponent().path
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: shell)
        process.arguments = arguments
        process.environment = [
            "PATH": "\(folder):/usr/bin:/bin", "HOME": fixture.folder.path, "TOKENCTL_DB": fixture.database.path,
            "LC_ALL": "C.UTF-8", "TERM": "dumb",
        ]
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test func `is silent while another process holds the database for itself, and answers again afterwards`() throws {
        let fixture = try fixture()
        func answer() throws -> Program.Ending {
            try Program.run(
                ["__complete", "bash"], input: "tokenctl user show zoe@",
                environment: ["TOKENCTL_DB": fixture.database.path, "HOME": fixture.folder.path])
        }
        let file = open(fixture.database.path, O_RDWR)
        try #require(file >= 0)
        // What SQLITE_LOCK_EXCLUSIVE is to other processes (https://www.sqlite.org/lockingv3.html): the 510 bytes from
        // 0x40000002 on. A lock of the open file description, which no other closing of the file in here drops.
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 0x4000_0002
        lock.l_len = 510
        #expect(fcntl(file, 37, &lock) == 0)  // F_OFD_SETLK, which only _GNU_SOURCE defines
        let silent = try answer()
        #expect(silent.code == 0)
        #expect(silent.output == "")
        #expect(silent.errors == "")
        close(file)
        // On a busy machine an answer may come too late, and then it is none.
        let answers = (0..<50).lazy.compactMap { _ in try? answer().output }
        #expect(answers.first { !$0.isEmpty } == "zoe@example.org\n")
    }

    /// Asks again where nothing was said: the completer falls silent after 40 ms, and a busy machine takes those away.
    private func answer(_ expected: [String], _ ask: () throws -> [String]) rethrows -> [String] {
        for _ in 0..<20 {
            let offered = try ask()
            if offered == expected || !offered.isEmpty { return offered }
        }
        return []
    }

    private static let lines = [
        ("tokenctl session rev", ["revoke"]), ("tokenctl session list --state=idle", ["--state=idle_expired"]),
        ("tokenctl policy get session.l", ["session.limit", "session.limit.action"]),
        ("tokenctl user show zoe@ex", ["zoe@example.org"]), ("tokenctl nonsense ", []),
    ]

    private func fixture() throws -> DemoFixture {
        let fixture = try DemoFixture()
        #expect(fixture.run(["session", "create", "--user", "zoe@example.org"]).code == .done)
        return fixture
    }

    @Test(arguments: lines)
    func `completes in bash`(line: String, expected: [String]) throws {
        // What readline hands over as the word begins after the last of its word breaks.
        let word = line.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
        let breaks = word.lastIndex { "=:".contains($0) }.map { word.index(after: $0) } ?? word.startIndex
        let start = word.lastIndex(of: "@") ?? breaks
        let script = """
            eval "$(tokenctl completion bash)"
            COMP_LINE='\(line)' COMP_POINT=\(line.count)
            _tokenctl tokenctl '\(word[start...])' ''
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let bash = try #require(Self.shell("bash"))
        let fixture = try fixture()
        let offset = word.distance(from: word.startIndex, to: start)
        let rest = expected.map { String($0.dropFirst(offset)) }
        let offered = try answer(rest) {
            try output(of: bash, ["--norc", "--noprofile", "-c", script], fixture).split(separator: "\n").map(
                String.init)
        }
        #expect(offered == rest)
    }

    @Test(.enabled(if: shell("zsh") != nil, "zsh is not installed"), arguments: lines)
    func `completes in zsh`(line: String, expected: [String]) throws {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        let script = """
            compdef() { }
            compadd() { print -rl -- "${values[@]}" }
            eval "$(tokenctl completion zsh)"
            words=(\(words.map { "'\($0)'" }.joined(separator: " "))) CURRENT=\(words.count) PREFIX='\(words.last ?? "")'
            _tokenctl
            """
        let (zsh, fixture) = (try #require(Self.shell("zsh")), try fixture())
        let offered = try answer(expected) {
            try output(of: zsh, ["-f", "-c", script], fixture).split(separator: "\n").map(String.init)
        }
        #expect(offered == expected)
    }

    @Test(.enabled(if: shell("fish") != nil, "fish is not installed"), arguments: lines)
    func `completes in fish`(line: String, expected: [String]) throws {
        let script = "tokenctl completion fish | source; complete -C '\(line)'"
        let (fish, fixture) = (try #require(Self.shell("fish")), try fixture())
        let offered = try answer(expected) {
            try output(of: fish, ["--no-config", "-c", script], fixture).split(separator: "\n").map {
                String($0.prefix { $0 != "\t" })
            }
        }
        #expect(offered == expected)
    }
}
