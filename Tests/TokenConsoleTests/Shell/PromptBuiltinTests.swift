import Foundation
import Glibc
import Testing

@testable import TokenConsole

/// The shell's own words at a real prompt, and a store that others change while it waits there.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"))
struct `Between its commands the shell` {
    private let fixture: LiveFixture

    init() throws { fixture = try LiveFixture() }

    @Test func `obeys its own words, and those of other shells`() throws {
        let terminal = try fixture.shell(rows: 100)
        #expect(try terminal.run("help").contains("COMMANDS"))
        #expect(try terminal.run("help exit-codes").contains("EXIT CODES"))
        #expect(try terminal.run("help filters").contains("--user"))
        #expect(try terminal.run("help session revoke").contains("USAGE: tokenctl session revoke"))
        #expect(
            try terminal.run("set time unix; set columns id,created_at; session list --limit 1").contains(/17[0-9]{8}/))
        try terminal.run("set time default; set columns default")
        #expect(try terminal.run("\\x").contains("output is vertical"))
        #expect(try terminal.run("session list --limit 1").contains(/@1\nid +ses_/))
        #expect(
            try terminal.run(".mode json; session list --limit 1").contains(#""schema":"tokenctl/v1/session.list""#))
        #expect(try terminal.run("\\timing; status -q").contains(/note: [0-9]+\.[0-9] ms/))
        try terminal.run("\\timing; set output default")
        #expect(try terminal.run("session list --limit 1").contains("#  ID"))
        try "session list --user alice\nsession show @1 -o id\n".write(
            toFile: fixture.folder.path + "/script", atomically: true, encoding: .utf8)
        #expect(try terminal.run("source \(fixture.folder.path)/script").contains(/\nses_[0-9a-z]{8}\n/))
        #expect(try terminal.run("\\d").contains("knows no command '\\d'"))
    }

    @Test(arguments: ["\\q", ".quit", "exit", "quit", ":q", "session list --count; exit"])
    func `leaves when told so`(word: String) throws {
        let terminal = try fixture.shell()
        terminal.type(word + "\r")
        #expect(try terminal.end() == 0)
        #expect(terminal.isCooked)
    }

    @Test func `completes states, users, clients, kids and topics`() throws {
        let terminal = try fixture.shell(rows: 200)
        let kid = try fixture.run("key", "list", "--state", "active", "-o", "id").output.dropLast()
        for (begun, offer) in [
            ("session list --state idle", "session list --state idle_expired "),
            ("session list --client andr", "session list --client android "),
            ("user show alic", "user show alice "), ("key show \(kid.prefix(6))", "key show \(kid) "),
            ("policy set refresh.rep", "policy set refresh.replay "), ("help exit", "help exit-codes "),
            ("set pag", "set pager "), ("denylist export --format nd", "denylist export --format ndjson "),
        ] {
            try terminal.complete(begun, until: offer)
            try terminal.clear()
        }
    }

    @Test func `holds nothing of the store, also after completing from it`() throws {
        let terminal = try fixture.shell(rows: 200)
        for _ in 0..<3 {
            #expect(try terminal.run("session create --user zoe -q").contains("session_token="))
            try terminal.complete("session show ses_", until: "zoe")
            // Half a line typed. A checkpoint that truncates needs every reader gone, and EXCLUSIVE every writer.
            try Sqlite.run("PRAGMA wal_checkpoint(TRUNCATE); BEGIN EXCLUSIVE; COMMIT", on: fixture.database)
            let log = fixture.database + "-wal"
            #expect(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int == 0)
            try terminal.clear()
        }
        // And what another process does, the next command sees.
        #expect(try fixture.run("user", "logout", "zoe", "--yes", "--reason", "x").code == 0)
        #expect(try terminal.run("session list --user zoe --count").contains(/^0$/.anchorsMatchLineEndings()))
    }

    @Test func `says that the database was taken away, replaced or migrated, and goes on with what is there`() throws {
        let terminal = try fixture.shell()
        let path = fixture.database
        try terminal.run("session list --limit 2")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect(try terminal.run("status").contains("is gone"))
        #expect(terminal.transcript.hasSuffix("tokens.db [66]> "))
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        #expect(try terminal.run("session list --limit 1 -o id").contains("ses_"))
        let other = try LiveFixture()
        #expect(try other.run("session", "create", "--user", "only-here", "-q").code == 0)
        #expect(rename(other.database, path) == 0)
        #expect(try terminal.run("session show @1").contains("was replaced since the last command"))
        #expect(try terminal.run("user show only-here").contains("1 live session"))
        try Sqlite.run("PRAGMA user_version = 99", on: path)
        #expect(try terminal.run("status").contains("was migrated by another process"))
        #expect(terminal.transcript.hasSuffix("tokens.db [78]> "))
    }
}
