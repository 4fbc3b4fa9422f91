import Foundation
import Glibc
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `The shell` {
    @Test func `runs commands as they are typed one-shot, with or without the program's name`() throws {
        let shell = try ShellWorld()
        let list = shell("session list --user alice --json").output
        #expect(list == shell.fixture.run(["session", "list", "--user", "alice", "--json"]).output)
        #expect(shell("tokenctl session list --user 'alice' --json # as pasted").output == list)
    }

    @Test func `runs several of a line up to the first that does not end in 0`() throws {
        let shell = try ShellWorld()
        let answer = shell("user list --limit 1 -o id; user show nobody; status")
        #expect(answer.code == .notFound)
        #expect(answer.output.split(separator: "\n").count == 1)
    }

    @Test func `keeps what was set until it is taken back`() throws {
        let shell = try ShellWorld()
        shell("set output id; set time unix; set columns user,client")
        #expect(shell("set").output == "output  id\ntime    unix\ncolumns user,client\npager   default\n")
        #expect(shell("session list --limit 1").output.hasPrefix("ses_"))
        #expect(shell("session list --limit 1 -o csv").output.hasPrefix("user,client\r\n"))
        // Of a noun that has no such columns, and of a verb that has none at all, nothing is asked.
        #expect(shell("key list --limit 1 -o csv").output.contains("kid"))
        #expect(shell("policy get access.ttl -o json").code == .done)
        shell("set output default; set columns default; set time default")
        #expect(shell("set").output.split(separator: "\n").allSatisfy { $0.hasSuffix("default") })
        #expect(shell("session list --limit 1").output.hasPrefix("id\tuser\t"))
    }

    @Test(arguments: [
        ("set outptu json", "did you mean 'set output'"), ("set output jsno", "did you mean 'json'"),
        ("set columns usr", "did you mean 'user'"), ("set output", "takes a name and a value"),
        ("set time", "takes a name and a value"), ("exti", "did you mean 'exit'"),
        ("sesion", "did you mean 'tokenctl session'"),
        ("source", "takes one file"), ("\\watch", "nothing to repeat"), ("watch", "repeats a command"),
        ("watch session revoke ses_x", "only what reads"), ("watch cleanup", "only what reads"),
        ("shell", "a shell already"), ("user show 'x", "a quote is not closed"), ("\\", "a backslash alone"),
        ("\\d", "knows no command '\\d'"), (".tables", "'help' lists those there are"),
    ])
    func `says what was meant`(line: String, hint: String) throws {
        let answer = try ShellWorld()(line)
        #expect(answer.code == .usage)
        #expect(answer.errors.contains(hint), "\(answer.errors)")
    }

    @Test func `understands fingers from elsewhere`() throws {
        for line in ["\\q", ".quit", ".exit", "quit", "exit", ":q", "exit; status"] {
            let shell = try ShellWorld()
            #expect(shell(line).code == .done)
            #expect(shell.isOver)
            #expect(shell("").output == "")
        }
        let shell = try ShellWorld()
        shell("\\x")
        #expect(shell("session list --limit 1").output.hasPrefix("id "))
        shell("\\x")
        #expect(shell("session list --limit 1").output.hasPrefix("id\t"))
        shell(".mode json")
        #expect(shell("session list --limit 1").json != nil)
        shell("\\timing")
        #expect(shell("set").errors.contains(/note: [0-9]+\.[0-9] ms\n/))
        for line in ["help", "\\?", "?", ".help", "\\h", "\\?; status # as typed"] {
            #expect(shell(line).output.contains("COMMANDS"))
        }
        let script = shell.fixture.folder.path + "/two words"
        try "session list --limit 1 -o csv".write(toFile: script, atomically: true, encoding: .utf8)
        for line in ["\\i '\(script)'", "source '\(script)'", ".read '\(script)'"] {
            #expect(shell(line).output.hasPrefix("id,user,"))
        }
    }

    @Test func `has help for commands, topics and its own words`() throws {
        let shell = try ShellWorld()
        #expect(shell("help session revoke").output.contains("USAGE: tokenctl session revoke"))
        for topic in HelpTopic.allCases {
            #expect(shell("help \(topic.rawValue)").output == topic.text(columns: nil))
        }
        for builtin in Builtin.names { #expect(shell("help \(builtin.name)").output.hasPrefix("\(builtin.name): ")) }
        let nearly = shell("help exitcodes")
        #expect(nearly.code == .usage)
        #expect(nearly.errors.contains("did you mean 'tokenctl help exit-codes'"))
    }

    @Test func `lets what it was given itself stand on every line`() throws {
        let shell = try ShellWorld { console in
            console.globals.isReadOnly = true
            console.globals.format = .id
            console.globals.actor = "carol"
        }
        #expect(shell("session list --limit 1").output.hasPrefix("ses_"))
        #expect(shell("session revoke @1").code == .notPermitted)
        #expect(shell("session revoke @1 --as dave").code == .notPermitted)
        let writing = try ShellWorld { $0.globals.actor = "carol" }
        let ids = writing.ids("session list --limit 2")
        writing("session revoke \(ids[0]); session revoke \(ids[1]) --as dave")
        let actors = writing("audit list --limit 2 --columns actor -o tsv --no-header").output
        #expect(actors == "dave\ncarol\n")
    }

    @Test func `refuses secrets in a line like in arguments, also for its own words`() throws {
        let shell = try ShellWorld()
        let token = shell.fixture.run(["token", "issue", "--user", "zoe", "-q"]).output.dropLast()
        for line in ["session show \(token)", "set output \(token)", "source \(token)", "\\watch \(token)"] {
            let answer = shell(line)
            #expect(answer.code == .usage)
            #expect(answer.errors.contains("looks like a JWT"))
            #expect(!answer.errors.contains(token))
        }
    }

    @Test func `notices when the database goes away, comes back and is another`() throws {
        let shell = try ShellWorld()
        #expect(shell("status").code == .done)
        let path = shell.fixture.database.path
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        let gone = shell("status")
        #expect(gone.errors.contains("note: the database \(path) is gone"))
        #expect(gone.code == .absent)
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        #expect(shell("status").code == .done)
        let other = try DemoFixture()
        #expect(other.run(["session", "create", "--user", "only-here", "-q"]).code == .done)
        _ = rename(other.database.path, path)
        let replaced = shell("user show only-here")
        #expect(replaced.errors.contains("note: the database \(path) was replaced since the last command"))
        #expect(replaced.code == .done)
    }

    @Test func `notices a migration by another process`() throws {
        let shell = try ShellWorld()
        #expect(shell("status").code == .done)
        try Sqlite.run("PRAGMA user_version = 99", on: shell.fixture.database.path)
        let answer = shell("status")
        #expect(answer.errors.contains("was migrated by another process"))
        #expect(answer.code == .configuration)
    }

    @Test func `holds no lock and no snapshot between lines`() throws {
        let shell = try ShellWorld()
        #expect(shell("session create --user zoe -q").code == .done)
        #expect(shell("session list --limit 1").code == .done)
        // A checkpoint that truncates needs every reader gone, and EXCLUSIVE every writer.
        try Sqlite.run("PRAGMA wal_checkpoint(TRUNCATE); BEGIN EXCLUSIVE; COMMIT", on: shell.fixture.database.path)
        let log = shell.fixture.database.path + "-wal"
        #expect(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int == 0)
    }
}
