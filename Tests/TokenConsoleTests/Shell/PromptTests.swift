import Foundation
import Glibc
import Testing

@testable import TokenConsole

/// The real program on a pseudo-terminal.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `At its prompt the shell` {
    private let fixture: LiveFixture

    init() throws { fixture = try LiveFixture() }

    @Test func `greets in two lines, runs what is typed, and leaves at Ctrl-D with the terminal as it was`() throws {
        let terminal = try Terminal(["shell"], environment: fixture.environment)
        let greeting = try terminal.awaitPrompt()
        #expect(greeting.split(separator: "\n").count == 2, "\(greeting)")
        #expect(greeting.contains(fixture.database))
        #expect(!terminal.isCooked)
        let list = try terminal.run("session list --user alice")
        #expect(list.contains("#  ID"))
        #expect(list.contains("1  ses_"))
        terminal.type("\u{4}")
        #expect(try terminal.end() == 0)
        #expect(terminal.isCooked)
        #expect(terminal.rest == "\n", "one prompt, and the line it stood on is over")
    }

    @Test func `says in its prompt what it stands on and how the last command ended`() throws {
        let terminal = try fixture.shell("--read-only")
        #expect(terminal.transcript.hasSuffix("tokens.db [ro]> "))
        try terminal.run("user show nobody")
        #expect(terminal.transcript.hasSuffix("tokens.db [ro] [4]> "))
        #expect(try terminal.run("session list --limit 1; session revoke @1").contains("--read-only refuses"))
        try terminal.run("status")
        #expect(terminal.transcript.hasSuffix("tokens.db [ro]> "))
        terminal.type("exit\r")
        #expect(try terminal.end() == 0)
    }

    @Test func `has a hint in front when something is wrong`() throws {
        let example = try fixture.run(
            "policy", "set", "token.issuer", "https://tokenctl.example", "--reason", "x", "--yes")
        #expect(example.code == 0, "\(example.errors)")
        let terminal = try fixture.shell()
        #expect(terminal.transcript.contains("tokenctl: hint: token.issuer is the example"), "\(terminal.transcript)")
        let missing = try fixture.shell("--db", fixture.folder.path + "/none.db")
        #expect(missing.transcript.contains("there is no database"))
        #expect(try missing.run("help times").lowercased().contains("durations"))
    }

    @Test func `completes words, options, values, ids with a word of context, rows and files`() throws {
        let terminal = try fixture.shell(rows: 100)
        try terminal.complete("sess\tli\t--us\talic", until: "--user alice ")
        #expect(try terminal.run("-o id").contains("ses_"))
        try terminal.run("session list --user alice")
        terminal.type("session revoke @\t")
        #expect(try terminal.expect("@all").contains(/@1 +ses_[0-9a-z]{8} alice/))
        try terminal.clear()
        let choice = try Regex("ses_[0-9a-z]{8}  [a-z]+ [a-z-]+\n", as: Substring.self)
        try terminal.complete("session show ses_", until: choice, "an id and whose it is")
        try terminal.clear()
        try "session list --limit 1 -o id\n".write(
            toFile: fixture.folder.path + "/a script", atomically: true, encoding: .utf8)
        #expect(try terminal.run("source '\(fixture.folder.path)/a sc\t").contains("ses_"))
        #expect(try terminal.run("source \(fixture.folder.path)/a\\ sc\t").contains("ses_"))
        #expect(try terminal.run("help exit-\t").contains("What is stored cannot be trusted"))
        try terminal.run("set out\tid\t")
        #expect(try terminal.run("set").contains("output  id"))
    }

    @Test func `quotes what it completes as far as it must`() throws {
        #expect(try fixture.run("session", "create", "--user", "zz top; ls", "-q").code == 0)
        let terminal = try fixture.shell()
        for (begun, whole) in [
            ("user show zz", #"zz\ top\;\ ls "#), ("user show 'zz", "'zz top; ls' "),
            ("user show \"zz t", "\"zz top; ls\" "),
            ("user show zz\\ t", #"zz\ top\;\ ls "#),
        ] {
            try terminal.complete(begun, until: whole)
            #expect(try terminal.run("").contains("alive: zz top; ls"), "\(begun)")
        }
    }

    @Test func `stays silent, and quick, where the store is locked`() throws {
        let locked = try LockedStore(fixture.database)
        defer { locked.release() }
        let terminal = try fixture.shell()
        terminal.type("session show \tx")
        #expect(try !terminal.expect("session show x").contains("error"))
        try terminal.clear()
        locked.release()
        #expect(try terminal.run("session list --limit 1 -o id").contains("ses_"))
    }

    @Test func `remembers lines, searches them, and keeps them for the next shell, for its owner alone`() throws {
        let first = try fixture.shell()
        try first.run("user show alice")
        try first.run(" user show bob")
        try first.run("policy get access.ttl")
        try first.run("policy get access.ttl")
        first.type("\u{4}")
        #expect(try first.end() == 0)
        let path = fixture.folder.path + "/state/tokenctl/history"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "user show alice\npolicy get access.ttl\n")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let second = try fixture.shell()
        // Arrow up twice; then Ctrl-R.
        second.type("\u{1B}[A\u{1B}[A\r")
        #expect(try second.awaitPrompt().contains("alive: alice"))
        second.type("\u{12}ccess\r")
        try second.expect("15m")
        try second.awaitPrompt()
        // Ctrl-C leaves a search, and nothing of it stays.
        second.type("\u{12}alice")
        try second.expect("alice")
        try second.clear()
        #expect(try second.run("policy get refresh.grace").contains("10s"))
    }

    @Test func `keeps nothing that looks like a secret in its history`() throws {
        let made = try fixture.run("session", "create", "--user", "zoe", "--with-tokens", "-q").output
        let tokens = Dictionary(
            uniqueKeysWithValues: made.split(separator: "\n").map { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                return (String(parts[0]), String(parts[1]))
            })
        let session = try #require(tokens["session_token"])
        let refresh = try #require(tokens["refresh_token"])
        let access = try #require(tokens["access_token"])
        let lines = [
            "session show \(session)", "session show '\(session)'", "session show \"\(session)", "x=\(session)",
            session, "# \(session)", "token verify \(access)",
            "token verify '\(access.prefix(60))' '\(access.dropFirst(60))'",
            "token verify \(access.prefix(80))\\\(access.dropFirst(80))", "Authorization: Bearer \(access)",
            "token refresh \(refresh)", "token refresh \(refresh.prefix(30))", refresh.uppercased(),
            "set pager \(refresh)", "source \(access)", "watch token verify \(access)", "help \(session)",
            "key import '-----BEGIN PRIVATE KEY-----'", #"key import '{"kty":"oct","k":"c2VjcmV0"}'"#,
            "token refresh \(refresh.prefix(8))\"\(refresh.dropFirst(8))\"",
        ]
        #expect(lines.count == 20)
        let terminal = try fixture.shell()
        for line in lines { try terminal.run(line) }
        try terminal.run("status")
        terminal.type("\u{4}")
        #expect(try terminal.end() == 0)
        let path = fixture.folder.path + "/state/tokenctl/history"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "status\n")
    }

    @Test func `takes and shows text in any script`() throws {
        let terminal = try fixture.shell(with: ["LC_ALL": "C"])
        #expect(try terminal.run("session create --user 'Zoë 山田' -q").contains("session_token="))
        try terminal.complete("user show 'Zoë 山", until: "田' ")
        #expect(try terminal.run("").contains("alive: Zoë 山田"))
        // What is no text is refused, and said like any other failure.
        terminal.type("user show ")
        terminal.type(bytes: [0xFF, 0xFE, 0x0D])
        #expect(try terminal.awaitPrompt().contains("is not UTF-8 text"))
        #expect(terminal.transcript.hasSuffix("tokens.db [65]> "))
        // Taking back one character takes back all its bytes.
        #expect(try terminal.run("user show 'Zoë 山田x\u{7F}田\u{7F}'").contains("alive: Zoë 山田"))
    }

    @Test(arguments: [40, 200])
    func `fits its window`(columns: Int) throws {
        let terminal = try fixture.shell(columns: columns, rows: 200)
        let list = try terminal.run("session list --user alice")
        #expect(list.contains(columns == 40 ? "@1\n" : "DEVICE"))
        #expect(columns == 40 || list.split(separator: "\n").allSatisfy { $0.count <= columns })
    }

    @Test func `follows its window when that changes`() throws {
        let terminal = try fixture.shell(columns: 200, rows: 200)
        terminal.type("session list --us")
        terminal.resize(columns: 40, rows: 200)
        #expect(try terminal.run("er alice").contains("@1\n"))
        terminal.resize(columns: 200, rows: 200)
        #expect(try terminal.run("session list --user alice").contains("DEVICE"))
    }

    @Test func `asks before it runs a paste of several lines`() throws {
        let terminal = try fixture.shell()
        let lines = (1...10).map { "session create --user paste\($0) -q\n" }.joined()
        terminal.type("\u{1B}[200~\(lines)\u{1B}[201~\r")
        try terminal.expect("run these 10 lines? [y/N] ")
        terminal.type("n\r")
        try terminal.awaitPrompt()
        #expect(try terminal.run("user list 'paste*' -o id; policy get access.ttl").contains("paste") == false)
        terminal.type("\u{1B}[200~\(lines)\u{1B}[201~\r")
        try terminal.expect("run these 10 lines? [y/N] ")
        terminal.type("y\r")
        try terminal.awaitPrompt()
        #expect(try terminal.run("user list 'paste*' --count").contains("10\n"))
        // One line is a line like any other.
        terminal.type("\u{1B}[200~user list 'paste*' --count\n\u{1B}[201~\r")
        #expect(try terminal.awaitPrompt().contains("10\n"))
    }
}

/// A process that lets nobody else at the store: unless told otherwise, not even to read.
final class LockedStore {
    private let process = Process()
    private let input = Pipe()

    /// `begin` answers with one line.
    init(_ path: String, _ begin: String = "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;") throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-bail", path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(
            Data("\(begin) SELECT count(*) FROM session;\n".utf8))
        var said = Data()
        while said.split(separator: 0x0A).count < 2 {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "sqlite3 could not lock the database")
            said += more
        }
    }

    func release() {
        // Not by closing its input: a process that another test starts meanwhile may hold the other end of that.
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
