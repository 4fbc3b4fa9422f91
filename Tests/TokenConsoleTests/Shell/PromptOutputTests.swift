import Foundation
import Testing

@testable import TokenConsole

/// What is shown at the prompt, and how: the pager, `watch`, and what `set` does to both.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `The shell shows` {
    private let fixture: LiveFixture

    init() throws { fixture = try LiveFixture() }

    @Test func `a listing through the pager only when it is taller than the window`() throws {
        let terminal = try fixture.shell(rows: 20, with: ["PAGER": "sed s/^/paged:/"])
        #expect(try !terminal.run("session list --limit 5").contains("paged:"))
        #expect(try terminal.run("session list --limit 50").contains("paged:"))
        #expect(try terminal.run("help session list").contains("paged:"))
        #expect(try !terminal.run("set pager off; session list --limit 50").contains("paged:"))
        #expect(try terminal.run("set pager 'sed s/^/again:/'; session list --limit 50").contains("again:"))
        #expect(try terminal.run("set pager default; session list --limit 50").contains("paged:"))
        // Rows stay what they were, whoever showed them.
        #expect(try terminal.run("session show @50 -o id").contains("ses_"))
    }

    @Test func `the prompt again when the pager is left early, and no error`() throws {
        let terminal = try fixture.shell(rows: 10, with: ["PAGER": "head -n 1"])
        let list = try terminal.run("session list -o json --state all")
        #expect(list.contains("schema"))
        #expect(!list.contains("error"))
        #expect(terminal.transcript.hasSuffix("tokens.db> "))
        #expect(try terminal.run("policy get access.ttl").contains("15m"))
    }

    @Test func `the prompt on a line of its own when Ctrl-C ends the pager in the middle of one`() throws {
        let terminal = try fixture.shell(rows: 10, with: ["PAGER": "printf 'half a line'; exec sleep 60"])
        terminal.type("session list --limit 50\r")
        try terminal.expect("half a line")
        terminal.type("\u{3}")
        try terminal.awaitPrompt()
        #expect(try terminal.run("policy get access.ttl").contains("15m"))
    }

    @Test func `less, which Ctrl-C does not take the shell away from`() throws {
        let terminal = try fixture.shell(rows: 10, with: ["PAGER": "", "LESS": "XPsanything else>$"])
        #expect(try !terminal.run("session list --limit 50").contains("(END)"))
        terminal.type("set pager on; session list --limit 50\r")
        try terminal.expect("anything else>")
        terminal.type("\u{3}")
        // Whether it shows itself again depends on what it was at; asked to, it does.
        terminal.type("r")
        try terminal.expect("anything else>")
        terminal.type("q")
        try terminal.awaitPrompt()
        #expect(try terminal.run("policy get access.ttl").contains("15m"))
    }

    @Test func `what is watched again and again until Ctrl-C`() throws {
        let terminal = try fixture.shell()
        terminal.type("watch 100ms session list --user alice --count\r")
        for _ in 0..<3 { try terminal.expect("tokenctl session list --user alice --count") }
        // Another process changes it meanwhile: nothing is held between two looks.
        #expect(try fixture.run("user", "logout", "alice", "--yes", "--reason", "x").code == 0)
        try terminal.expect(Regex("(?m)^0$", as: Substring.self), "no session any more")
        terminal.type("\u{3}")
        try terminal.awaitPrompt()
        #expect(terminal.transcript.hasSuffix("tokens.db> "))
        try terminal.run("session list --limit 1 -o id")
        terminal.type("\\watch 1\r")
        try terminal.expect("every 1s ")
        try terminal.expect("ses_")
        terminal.type("\u{3}")
        try terminal.awaitPrompt()
    }

    @Test func `what a first look needs, from help alone`() throws {
        let terminal = try fixture.shell(rows: 100)
        let help = try terminal.run("help")
        #expect(help.contains("session list --user NAME, then session revoke @1"))
        #expect(try terminal.run("session list --user alice").contains("alice"))
        #expect(try terminal.run("session revoke @1").contains("of alice ended"))
    }
}
