import Foundation
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `Completion` {
    private func answer(
        _ line: String, database: String = "/nowhere/tokens.db", _ fixture: DemoFixture? = nil
    ) -> Completer.Answer {
        var console = TestWorld().console(environment: ["TOKENCTL_DB": fixture?.database.path ?? database])
        defer { try? console.closeStore() }
        return Completer(Tokenctl.self).answer(line, in: &console)
    }

    private func values(_ line: String, database: String = "/nowhere/tokens.db", _ fixture: DemoFixture? = nil)
        -> [String]?
    {
        guard case .offers(let offers) = answer(line, database: database, fixture) else { return nil }
        return offers.map(\.value)
    }

    @Test(arguments: ["", "'", "\""])
    func `is quoted so that the lexer reads it back`(quote: String) throws {
        for value in ["a b;c#d", "\"\u{301}", "\\\u{301} \u{301}", ";\u{301}'", "plain"] {
            let typed = try #require(TypedLine("show \(quote)"))
            let offered = Completions([Offer(value)], typed).replacing("").offers
            guard let word = offered.first?.value else {
                #expect(quote == "'" && value.unicodeScalars.contains("'"))
                continue
            }
            #expect(try Words.commands(in: "show \(quote)\(word)\(quote)") == [["show", value]])
        }
    }

    @Test(arguments: [
        ("tokenctl se", ["session"]), ("tokenctl session rev", ["revoke"]), ("tokenctl --db x session rev", ["revoke"]),
        ("tokenctl session list --not-", ["--not-user", "--not-client"]), ("tokenctl -o js", ["json"]),
        ("tokenctl session list --output=js", ["--output=json"]), ("tokenctl key revoke x --cause c", ["compromised"]),
        ("tokenctl policy get access.", ["access.ttl", "access.ttl.max"]),
        ("tokenctl policy set refresh.replay ", ["session", "family"]),
        ("tokenctl session list --columns id,us", ["id,user", "id,user_agent"]),
        ("tokenctl cleanup --only sessions,re", ["sessions,refresh"]),
        ("tokenctl 'policy' \"set\" retention.en", ["retention.ended"]),
        ("ls; tokenctl se", ["session"]), ("tokenctl completion ", ["bash", "zsh", "fish"]),
        ("tokenctl __", []), ("tokenctl nonsense ", []), ("tokenctl token verify ", []), ("tokenctl # se", []),
        ("", []), ("tokenctl session list -- --us", []), ("tokenctl session list --lim", ["--limit"]),
        ("tokenctl session list --limit 3 --lim", []),
        ("tokenctl --vers", ["--version"]), ("tokenctl session --read", ["--read-only"]),
        ("tokenctl session list --watch --lim", ["--limit"]), ("tokenctl session list --watch 5s --lim", ["--limit"]),
        ("tokenctl session list --user a --us", ["--user"]),
    ])
    func `knows the words of the tree without a store`(line: String, expected: [String]) {
        #expect(values(line) == expected)
    }

    @Test(arguments: ["tokenctl key import ", "tokenctl --db ", "tokenctl key export jwks --out x"])
    func `leaves files to the shell`(line: String) {
        #expect(answer(line) == .files)
    }

    @Test func `offers what is live: ids, users, clients, keys, rules`() throws {
        let fixture = try DemoFixture()
        func ids(_ arguments: String...) -> [String] {
            fixture.run(arguments + ["-o", "id"]).output.split(separator: "\n").map(String.init)
        }
        let sessions = ids("session", "list")
        #expect(values("tokenctl session revoke ", fixture).map(Set.init) == Set(sessions.prefix(100)))
        let one = try #require(sessions.first)
        #expect(values("tokenctl session revoke \(one.dropLast(2))", fixture)?.contains(one) == true)
        #expect(
            values("tokenctl user logout alice --keep=\(one.dropLast(2))", fixture)?.contains("--keep=\(one)") == true)
        let users = ids("user", "list", "--state", "all")
        #expect(values("tokenctl session list --user ", fixture) == users)
        let user = try #require(users.first)
        #expect(
            values("tokenctl user show \(user.prefix(2))", fixture) == users.filter { $0.hasPrefix(user.prefix(2)) })
        #expect(values("tokenctl client logout ", fixture) == ids("client", "list"))
        #expect(values("tokenctl key show ", fixture) == ids("key", "list"))
        #expect(values("tokenctl refresh show ", fixture).map(Set.init)?.isSubset(of: ids("refresh", "list")) == true)
        #expect(values("tokenctl denylist remove ", fixture) == ids("denylist", "list", "--state", "all"))
        #expect(values("tokenctl --db \(fixture.database.path) client logout ") == ids("client", "list"))
    }

    @Test func `is silent without a store, and with one that is none, and leaves nothing behind`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = folder.path + "/text.db"
        try "no database".write(toFile: text, atomically: true, encoding: .utf8)
        for database in [text, folder.path + "/missing.db", folder.path] {
            #expect(values("tokenctl session show ", database: database) == [])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["text.db"])
    }

    @Test func `never answers a line with a secret in it`() throws {
        let fixture = try DemoFixture()
        let token = fixture.run(["token", "issue", "--user", "zoe", "-q"]).output
        #expect(values("tokenctl --reason \(token.dropLast()) session show ", fixture) == [])
    }

    @Test func `quotes for bash, which inserts what it is given`() throws {
        let fixture = try DemoFixture()
        for user in ["zz $(touch owned)", "zz;ls", "zz'\"`"] {
            #expect(fixture.run(["session", "create", "--user", user]).code == .done)
        }
        let answer = fixture.run(["__complete", "bash"], input: "tokenctl user show zz\n")
        #expect(answer.output == #"zz\ \$\(touch\ owned\)"# + "\n" + #"zz\'\"\`"# + "\n" + #"zz\;ls"# + "\n")
        #expect(
            fixture.run(["__complete", "fish"], input: "tokenctl user show zz").output.hasPrefix("zz $(touch owned)\n"))
    }
}
