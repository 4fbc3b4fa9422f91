import Foundation
import Glibc
import Testing

@testable import TokenConsole

/// Ctrl-C and its kin, by the real program on a pseudo-terminal.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `The shell, when interrupted,` {
    private static let control = (c: "\u{3}", z: "\u{1A}")
    private let fixture: LiveFixture

    init() throws { fixture = try LiveFixture() }

    @Test func `clears the line, empty or half typed, and nothing of it is left`() throws {
        let terminal = try fixture.shell()
        for begun in ["", "user logout alice --yes --reason x", "session list --user 'ali"] {
            terminal.type(begun)
            try terminal.expect(begun)
            try terminal.clear()
        }
        #expect(try terminal.run("policy get access.ttl").contains("15m"))
        #expect(!terminal.transcript.contains("logged out"))
    }

    @Test func `declines what is asked, and is back at the prompt`() throws {
        let terminal = try fixture.shell()
        let before = try terminal.run("session list --user alice --count")
        for keys in [Self.control.c, "y" + Self.control.c, "n\r", "\u{4}"] {
            terminal.type("user logout alice --reason INC-1\r")
            try terminal.expect("go on? [y/N] ")
            terminal.type(keys)
            #expect(try terminal.awaitPrompt().contains("declined; nothing was changed"))
            #expect(terminal.transcript.hasSuffix("tokens.db [5]> "))
        }
        #expect(try terminal.run("session list --user alice --count") == before)
        terminal.type("user logout alice --reason INC-1\r")
        try terminal.expect("go on? [y/N] ")
        terminal.type("y\r")
        #expect(try terminal.awaitPrompt().contains("ended"))
    }

    @Test func `takes an act back that waits for its turn`() throws {
        let terminal = try fixture.shell()
        let before = try terminal.run("session list --user alice --count")
        let writing = try LockedStore(fixture.database, "BEGIN IMMEDIATE; SELECT 1;")
        defer { writing.release() }
        terminal.type("user logout alice --yes --reason INC-1\r")
        try terminal.awaitCooked()
        terminal.type(Self.control.c)
        #expect(try !terminal.awaitPrompt().contains("busy"))
        #expect(terminal.transcript.hasSuffix("tokens.db [130]> "))
        writing.release()
        #expect(try terminal.run("session list --user alice --count") == before)
    }

    @Test func `asks for a secret without showing it, and shows keys again afterwards`() throws {
        let terminal = try fixture.shell()
        for keys in ["no-token-at-all\r", "half" + Self.control.c] {
            terminal.type("token verify -\r")
            try terminal.expect("token: ")
            terminal.type(keys)
            #expect(try !terminal.awaitPrompt().contains("no-token"))
        }
        #expect(try terminal.run("policy get access.ttl").contains("15m"))
    }

    @Test func `ends what reads standard input, and the next command reads afresh`() throws {
        let terminal = try fixture.shell()
        terminal.type("session show -\r")
        try terminal.awaitCooked()
        terminal.type("ses_0000")
        try terminal.expect("ses_0000")
        terminal.type(Self.control.c)
        #expect(try terminal.awaitPrompt().contains("interrupted"))
        let id = try terminal.run("session list --limit 1 -o id").split(separator: "\n").last ?? ""
        terminal.type("session show -\r")
        try terminal.awaitCooked()
        terminal.type("\(id)\r\u{4}")
        #expect(try terminal.awaitPrompt().contains("story"))
    }

    @Test func `ends a running cleanup after a whole step, and says how to go on`() throws {
        try Sqlite.run(Self.manyExpired, on: fixture.database)
        let terminal = try fixture.shell()
        terminal.type("cleanup --older-than 0s --batch-time 1ms\r")
        try terminal.expect(Regex("[0-9]%", as: Substring.self), "progress")
        terminal.type(Self.control.c)
        let said = try terminal.awaitPrompt()
        #expect(said.contains("removed"), "\(said)")
        #expect(said.contains("stopped after a whole step; run it again to go on"), "\(said)")
        #expect(terminal.transcript.hasSuffix("tokens.db [130]> "))
        #expect(try terminal.run("session list --state all --count").contains(/[1-9][0-9]{4,}\n/))
        #expect(try fixture.run("audit", "verify").code == 0)
    }

    /// 200,000 sessions long dead: in the smallest of steps, with a pause after each, well over the half second after which
    /// progress shows.
    private static let manyExpired = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
        INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                             absolute_expires_at, alive_until, secret_hash)
        SELECT user_id, client_id, at, at, at, at, 1000, at + 1000, at + 1000, zeroblob(32)
        FROM n, (SELECT user_id, client_id, 1700000000000 AS at FROM session LIMIT 1);
        """

    @Test func `stops at Ctrl-Z only where somebody could continue it`() throws {
        let terminal = try fixture.shell()
        terminal.type("policy get")
        try terminal.expect("policy get")
        terminal.type(Self.control.z)
        // Shown again, as after fg.
        try terminal.expect("policy get")
        terminal.type(" access.ttl\r")
        try terminal.expect("15m")
    }

    @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129)] as [(CInt, Int32)])
    func `ends cleanly when told to, wherever it is`(signal: CInt, code: Int32) throws {
        let idle = try fixture.shell()
        try idle.run("status")
        idle.type("user logout alice --yes --reason x")
        idle.signal(signal)
        #expect(try idle.end() == code)
        #expect(idle.isCooked)
        let asking = try fixture.shell()
        asking.type("user logout alice --reason INC-1\r")
        try asking.expect("go on? [y/N] ")
        asking.signal(signal)
        #expect(try asking.end() == code)
        #expect(asking.isCooked)
        #expect(try fixture.run("session", "list", "--user", "alice", "--count").output != "0\n")
    }

    @Test func `runs nothing that was half typed when the window was closed`() throws {
        let terminal = try fixture.shell()
        terminal.type("user logout alice --yes --reason x")
        try terminal.expect("--reason x")
        terminal.hangUp()
        #expect([0, 129].contains(try terminal.end()))
        #expect(try fixture.run("session", "list", "--user", "alice", "--count").output != "0\n")
    }
}
