import Foundation
import Glibc
import Testing
import TokenLifecycle
import TokenStorage

@testable import TokenConsole

/// Each exit code of docs/exit-codes.md, brought about for real: the program itself, on real files.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `The program ends in` {
    private let fixture: DemoFixture
    private let environment: [String: String]

    init() throws {
        fixture = try DemoFixture()
        let place = fixture.folder.path
        environment = [
            "HOME": place, "XDG_CONFIG_HOME": place, "XDG_DATA_HOME": place, "TOKENCTL_DB": place + "/tokens.db",
            "TOKENCTL_MASTER_KEY_FILE": place + "/master.key",
        ]
    }

    private func run(_ line: String, input: String = "", output: Program.Output = .kept) throws -> Program.Ending {
        let words = try Words.commands(in: line.replacingOccurrences(of: "$DIR", with: fixture.folder.path))
        return try Program.run(words.first ?? [], input: input, output: output, environment: environment)
    }

    /// What each code is brought about by; the codes that need a hand on the process or the files are below.
    private static let lines: [(code: Int32, line: String, says: String)] = [
        (0, "session list --limit 1", ""), (0, "session list --user nobody", ""), (0, "init --if-missing", ""),
        (1, "token verify -", ""), (1, "denylist check -", ""),
        (2, "--db $DIR/nothing.db doctor --nagios", ""),
        (3, "session list --user nobody --fail-empty", ""),
        (4, "session show ses_00000000", "no session ses_00000000"), (4, "key show nothere", "no key nothere"),
        (5, "session revoke --user zoe --reason test", "not confirmed"),
        (5, "cleanup --older-than 0s --expect-count 0", "not the 0 expected"),
        (7, "cleanup --older-than 0s --max-rows 1 --accept-clock", ""),
        (64, "session", "needs a verb"), (64, "session list --limit 0", "at least 1"),
        (64, "session list -o yaml", "yaml"), (64, "user logout alice", "no"),
        (65, "token verify - --lines", "standard input is empty"), (65, "--db $DIR/text status", "not a database"),
        (66, "--db $DIR/nothing.db status", "no database"), (66, "key import $DIR/nothing.pem --until 2099-01-01", ""),
        (73, "init", "exists already"), (73, "--db /proc/nothing/tokens.db init", ""),
        (77, "--read-only token issue --user zoe", "--read-only"), (77, "--db $DIR/link.db status", "link"),
        (77, "--master-key $DIR/nothing token issue --user zoe", "master key"),
    ]

    @Test(arguments: lines.indices)
    func `the code that docs promise`(index: Int) throws {
        let (code, line, says) = Self.lines[index]
        let files = fixture.folder.path
        try "just text".write(toFile: files + "/text", atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: files + "/link.db", withDestinationPath: "tokens.db")
        // The demo was made on New Year's Day; something must be alive today.
        if code == 5 { for _ in 0..<2 { _ = try run("session create --user zoe -q") } }
        let input = line.hasPrefix("denylist check") ? try deniedToken() : line.hasSuffix("verify -") ? "no token" : ""
        let ending = try run(line, input: input)
        #expect(ending.code == code, "\(line): \(ending.errors)")
        #expect(says.isEmpty || ending.errors.contains(says), "\(line): \(ending.errors)")
        #expect(ending.errors.isEmpty == (code < 4 || code == 7), "\(line): \(ending.errors)")
    }

    private func deniedToken() throws -> String {
        let token = try run("token issue --user zoe -q").output
        let ending = try run("denylist add --user zoe --reason test --yes")
        #expect(ending.code == 0)
        return token
    }

    @Test func `8 for a file that is damaged, and 78 for one that is newer`() throws {
        var bytes = try fixture.digest()
        let newer = fixture.folder.path + "/newer.db"
        // The user version of the header (https://www.sqlite.org/fileformat2.html §1.3): 4 bytes at 60.
        bytes[60...63] = Data([0, 0, 0, 99])
        try bytes.write(to: URL(filePath: newer))
        #expect(try run("--db $DIR/newer.db status").code == 78)
        bytes[60...63] = Data([0, 0, 0, 1])
        bytes[4096...] = Data(repeating: 0xA5, count: bytes.count - 4096)
        try bytes.write(to: URL(filePath: fixture.folder.path + "/damaged.db"))
        #expect(try run("--db $DIR/damaged.db status").code == 8)
    }

    @Test func `70 for a trap, 129 for HUP, 130 for INT, 143 for TERM, each by exit and not by the signal`() throws {
        for (signal, code) in [(SIGSEGV, 70), (SIGHUP, 129), (SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)] {
            // It waits for more lines, with the store open.
            let running = try Program.start(["token", "verify", "-", "--lines"], environment: environment)
            running.awaitReadiness()
            let ending = running.end(signal)
            #expect(ending.code == code)
            #expect(running.process.terminationReason == .exit)
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func `the code of a signal that comes during a cleanup, after a whole step`(signal: Int32, code: Int32) throws {
        let cleanup = ["cleanup", "--older-than", "0s", "--accept-clock", "--json", "--lock-timeout", "60s"]
        let database = try Database.open(
            at: fixture.database.path, steps: Store.steps, applicationID: Store.applicationID)
        defer { try? database.close() }
        // Held up before its first step, so that the signal comes in the middle.
        let running = try database.write { transaction in
            _ = try transaction.execute("UPDATE store SET epoch = epoch")
            let running = try Program.start(cleanup, environment: environment)
            running.awaitStore(fixture.database.path)
            kill(running.id, signal)
            usleep(100_000)
            #expect(running.process.isRunning, "what is under way is finished first")
            return running
        }
        let ending = running.end()
        #expect(ending.code == code)
        #expect(running.process.terminationReason == .exit)
        #expect(JSONText.object(ending.output)?["finished"] as? Bool == false)
        #expect(JSONText.object(ending.errors)?["code"] as? String == "interrupted")
        let next = try Program.run(cleanup, environment: environment)
        #expect(next.code == 0)
        #expect(JSONText.object(next.output)?["finished"] as? Bool == true)
    }

    @Test func `74 for a full disk, 141 for a reader that went away`() throws {
        #expect(try run("session list --state all", output: .full).code == 74)
        #expect(try run("session list --state all", output: .gone).code == 141)
    }

    @Test func `75 while another process writes, and shows the statement to who asks for it`() throws {
        let database = try Database.open(
            at: fixture.database.path, steps: Store.steps, applicationID: Store.applicationID)
        defer { try? database.close() }
        try database.write { transaction in
            _ = try transaction.execute("UPDATE store SET epoch = epoch")
            let ending = try run("token issue --user zoe --lock-timeout 0s")
            #expect(ending.code == 75)
            #expect(!ending.errors.contains("sql:"))
            let detailed = try run("token issue --user zoe --lock-timeout 0s -vv")
            #expect(detailed.errors.contains("tokenctl: sql: BEGIN IMMEDIATE"), "\(detailed.errors)")
        }
    }

    @Test func `every code that is promised`() {
        // Those that need a hand on the process or the files, each in a test of its own above.
        let elsewhere: Set<Int32> = [8, 70, 74, 75, 78, 129, 130, 141, 143]
        #expect(elsewhere.union(Self.lines.map(\.code)) == Set(ExitCode.allCases.map(\.rawValue)))
    }
}

@Suite struct `A signal` {
    @Test(arguments: [(2, ExitCode.interrupted), (15, .terminated)] as [(Int32, ExitCode)])
    func `ends a cleanup after a whole step, and the next one goes on`(signal: Int32, code: ExitCode) throws {
        let fixture = try DemoFixture()
        let world = TestWorld()
        let environment = ["TOKENCTL_DB": fixture.database.path, "XDG_CONFIG_HOME": fixture.folder.path]
        var console = world.console(environment: environment)
        _ = console.interruption.receive(signal)
        let arguments = ["cleanup", "--older-than", "0s", "--json"]
        #expect(Dispatcher(Tokenctl.self).run(arguments, in: &console) == code)
        try console.closeStore()
        #expect(JSONText.object(world.output)?["finished"] as? Bool == false)
        #expect(JSONText.object(world.errors)?["code"] as? String == "interrupted")
        let next = fixture.run(arguments)
        #expect(next.json?["finished"] as? Bool == true)
        #expect(next.json?["changed"] as? Int ?? 0 > 0)
    }
}
