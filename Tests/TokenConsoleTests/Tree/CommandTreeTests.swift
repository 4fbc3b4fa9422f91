import ArgumentParser
import Foundation
import Testing
import TokenLifecycle

@testable import TokenConsole

/// What CLI.md promises of every command, held against every command there is: a new verb gets it for free, or fails here.
@Suite struct `Every command` {
    @Test func `has a way to call it in these tests, and none that is gone has`() {
        #expect(Set(CommandTree.leaves.map(\.name)) == Set(Invocation.of.keys))
    }

    @Test(arguments: CommandTree.leaves)
    func `is documented: a sentence, and examples that parse`(leaf: CommandTree.Leaf) throws {
        let configuration = leaf.type.configuration
        #expect(!configuration.abstract.isEmpty)
        #expect(!configuration.abstract.hasSuffix("."))
        let examples = Self.examples(in: configuration.discussion)
        #expect(examples.contains { $0.starts(with: leaf.path) || $0.dropFirst(2).starts(with: leaf.path) })
        for example in examples {
            let command = try Tokenctl.parseAsRoot(example)
            #expect(command is any ConsoleCommand, "\(example) is no whole command")
        }
    }

    /// The command lines of `EXAMPLES`, without the program's name and what the shell would take for itself.
    private static func examples(in discussion: String) -> [[String]] {
        let block = discussion.components(separatedBy: "EXAMPLES\n").dropFirst().joined()
        let lines = block.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
        return lines.flatMap { line -> [[String]] in
            line.components(separatedBy: " | ").compactMap { part in
                guard let words = try? Words.commands(in: part).first, words.first == "tokenctl" else { return nil }
                return Array(words.dropFirst().prefix { !["<", ">", "<<<"].contains($0) })
            }
        }
    }

    @Test(arguments: CommandTree.leaves)
    func `prints help with an example, on standard output`(leaf: CommandTree.Leaf) throws {
        let run = Run(leaf.path + ["--help"], root: Tokenctl.self)
        #expect(run.code == .done)
        #expect(run.errors == "")
        #expect(run.output.contains("USAGE: tokenctl \(leaf.name)"))
        #expect(run.output.contains("EXAMPLES"))
        let topic = Run(["help"] + leaf.path, root: Tokenctl.self)
        // A topic of the same name says more.
        #expect(run.output == topic.output || (HelpTopic(rawValue: leaf.name) != nil && topic.code == .done))
        // What every command takes comes after what this one takes, named and no more.
        let globals = run.output.components(separatedBy: "GLOBAL OPTIONS")
        try #require(globals.count == 2)
        #expect(!globals[0].contains("--lock-timeout"))
        #expect(globals[1].contains("--lock-timeout"))
        #expect(globals[1].split(separator: "\n").count < 6)
    }

    @Test(arguments: CommandTree.leaves)
    func `gives every option and argument a word of help`(leaf: CommandTree.Leaf) {
        for argument in CommandArguments(of: leaf.type).all where argument.name != "--help" {
            #expect(!argument.summary.isEmpty, "\(argument.name)")
            #expect(!argument.summary.hasSuffix("."), "\(argument.name)")
        }
    }

    @Test(arguments: CommandTree.nouns)
    func `that is only a noun ends in 64, with its help on standard error or one line of JSON`(path: [String]) {
        let bare = Run(path, root: Tokenctl.self)
        #expect(bare.code == .usage)
        #expect(bare.output == "")
        #expect(bare.errors.contains("USAGE: \((["tokenctl"] + path).joined(separator: " "))"))
        let json = Run(path + ["--json"], root: Tokenctl.self)
        #expect(json.code == .usage)
        #expect(JSONText.object(json.errors)?["code"] as? String == "usage")
    }

    @Test(arguments: CommandTree.leaves)
    func `refuses what is no format and no column before it does anything`(leaf: CommandTree.Leaf) throws {
        let fixture = try DemoFixture()
        let before = try fixture.digest()
        let invocation = try #require(Invocation.of[leaf.name])
        func refused(_ flags: [String], environment: [String: String] = [:]) -> String? {
            let answer = fixture.run(leaf.path + invocation.arguments + flags, environment: environment)
            return answer.code == .usage && answer.output == "" ? answer.errors : nil
        }
        #expect(refused(["-o", "yaml"])?.contains("yaml") == true)
        #expect(refused(["--columns", "nonsense"])?.contains("column") == true)
        if leaf.type.result.hasSchema {
            #expect(refused([], environment: ["TOKENCTL_OUTPUT": "yaml"])?.contains("yaml") == true)
        }
        for format in OutputFormat.allCases where !leaf.type.result.formats.contains(format) {
            #expect(refused(["-o", format.rawValue])?.contains(format.rawValue) == true)
        }
        // `{token}` issues one, so only what nobody filled in can be held against the bytes.
        if !invocation.arguments.contains("{token}") { #expect(try fixture.digest() == before) }
    }

    /// Values that no option of a kind takes, by what its help calls the value.
    private static let wrongValues = [
        "n": ["ten", "1.5", "-1", "99999999999999999999"], "dur": ["5", "x", "-1h", "1h1h"],
        "time": ["yesterday", "2026-02-30", "2026-01-01T25:00:00Z"], "addr|cidr": ["10.0.0.1/8", "example.org"],
        "addr": ["10.0.0.0/8", "256.0.0.1"], "col[:desc]": ["created_at:up"],
    ]

    @Test(arguments: CommandTree.leaves)
    func `refuses a value of the wrong type, for each of its options`(leaf: CommandTree.Leaf) throws {
        let invocation = try #require(Invocation.of[leaf.name])
        for option in CommandArguments(of: leaf.type).all where option.isOption {
            let wrong = option.choices.isEmpty ? Self.wrongValues[option.valueName] ?? [] : ["nonsense"]
            for value in wrong {
                // There is no store here: whatever gets beyond its words ends in another code.
                let run = Run(leaf.path + invocation.arguments + ["\(option.name)=\(value)"], root: Tokenctl.self)
                #expect(run.code == .usage, "\(option.name) \(value): \(run.errors)")
                #expect(run.output == "")
                #expect(run.errors.contains(option.name), "\(value): \(run.errors)")
            }
        }
    }

    @Test(arguments: CommandTree.leaves.filter { $0.type.result.hasSchema })
    func `answers in JSON, whole and under its own schema`(leaf: CommandTree.Leaf) throws {
        let fixture = try DemoFixture()
        let invocation = try #require(Invocation.of[leaf.name])
        let answer = fixture.run(leaf.path + invocation.arguments + ["--json"], input: invocation.input)
        #expect(answer.code == invocation.code, "\(answer.errors)")
        #expect(answer.json?["schema"] as? String == "tokenctl/v1/" + leaf.path.joined(separator: "."))
        #expect(answer.output.hasSuffix("}\n"))
    }

    @Test(arguments: CommandTree.leaves.filter { $0.type.result.hasSchema })
    func `writes every format it does not refuse`(leaf: CommandTree.Leaf) throws {
        let invocation = try #require(Invocation.of[leaf.name])
        for format in leaf.type.result.formats where format != .json {
            let answer = try DemoFixture().run(
                leaf.path + invocation.arguments + ["-o", format.rawValue], input: invocation.input)
            #expect(answer.code == invocation.code, "\(format): \(answer.errors)")
            guard format == .ndjson else { continue }
            for line in answer.output.split(separator: "\n") { #expect(JSONText.object(String(line)) != nil) }
        }
    }

    @Test(arguments: CommandTree.leaves.filter { $0.type.result.form == .report && $0.name != "init" })
    func `that acts can be rehearsed, and then changes nothing`(leaf: CommandTree.Leaf) throws {
        let fixture = try DemoFixture()
        let invocation = try #require(Invocation.of[leaf.name])
        let before = try fixture.digest()
        let answer = fixture.run(leaf.path + invocation.arguments + ["--dry-run", "--json"], input: invocation.input)
        #expect(answer.code == .done, "\(answer.errors)")
        #expect(answer.json?["dry_run"] as? Bool == true)
        #expect(try fixture.digest() == before)
        // What the rehearsal counted is what the guard is held against.
        let matched = try #require(answer.json?["matched"] as? Int)
        let isGuardedByWord = ["client logout", "key revoke", "backup restore"].contains(leaf.name)
        let guards = isGuardedByWord ? [] : ["--expect-count", String(matched)]
        let done = fixture.run(leaf.path + invocation.arguments + ["--json"] + guards, input: invocation.input)
        #expect(done.code == .done, "\(done.errors)")
        #expect(done.json?["dry_run"] as? Bool == false)
        // The example has one key that may be removed, and it is.
        guard leaf.name != "key remove" else { return }
        #expect(try fixture.digest() != before, "then it must have done something")
    }

    @Test(arguments: CommandTree.leaves.filter { $0.path.last == "list" && $0.name != "policy list" })
    func `that lists can be watched, until a signal`(leaf: CommandTree.Leaf) throws {
        let fixture = try DemoFixture()
        let invocation = try #require(Invocation.of[leaf.name])
        let world = TestWorld()
        var console = world.console(environment: ["TOKENCTL_DB": fixture.database.path])
        _ = console.interruption.receive(2)
        let arguments = leaf.path + invocation.arguments + ["-o", "id", "--watch"]
        #expect(Dispatcher(Tokenctl.self).run(arguments, in: &console) == .interrupted)
        try console.closeStore()
        #expect(world.output == fixture.run(leaf.path + invocation.arguments + ["-o", "id"]).output + "\n")
    }

    /// Verbs that write and are no acts: they make a secret, which a rehearsal could not show.
    private static let makers: Set<String> = [
        "session create", "session regenerate", "token issue", "token refresh", "init",
    ]

    @Test(arguments: CommandTree.leaves)
    func `that only reads never writes, and every act is refused with --read-only`(leaf: CommandTree.Leaf) throws {
        let fixture = try DemoFixture()
        let invocation = try #require(Invocation.of[leaf.name])
        var arguments = leaf.path + invocation.arguments
        var input = invocation.input
        if input == "{token}" { input = fixture.run(["token", "issue", "--user", "zoe"]).output }
        let before = try fixture.digest()
        let writes = Self.makers.contains(leaf.name) || leaf.type.result.form == .report
        if leaf.name == "init" { arguments = ["init", "--db", "{folder}/other.db"] }
        let answer = fixture.run(arguments + ["--read-only"], input: input)
        #expect(answer.code == (writes ? .notPermitted : invocation.code), "\(answer.errors)")
        #expect(try fixture.digest() == before)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/other.db"))
        if !writes {
            _ = fixture.run(arguments, input: input)
            #expect(try fixture.digest() == before)
        }
    }

    @Test(arguments: CommandTree.leaves)
    func `completes each of its values, or is known to leave them to the person`(leaf: CommandTree.Leaf) {
        let arguments = CommandArguments(of: leaf.type)
        for option in arguments.all where option.isOption && option.choices.isEmpty {
            let isLive = option.names.contains { ValueSource.options[$0] != nil }
            #expect(isLive || Self.free.contains(option.name), "\(option.name)")
        }
        if arguments.positional.contains(where: \.choices.isEmpty) {
            #expect(ValueSource.arguments[leaf.name] != nil)
        } else {
            #expect(ValueSource.arguments[leaf.name] == nil)
        }
    }

    /// Options whose values only the person knows: times, numbers, texts.
    private static let free: Set<String> = [
        "--lock-timeout", "--as", "--limit", "--watch", "--after", "--sort", "--ip", "--device", "--since", "--until",
        "--idle-over", "--expires-within", "--reason", "--confirm", "--expect-count", "--max-affected", "--issuer",
        "--audience", "--group", "--older-than", "--batch-time", "--max-time", "--max-rows", "--user-agent", "--data",
        "--scope", "--min-sessions", "--ttl", "--claim", "--aud", "--iss", "--at", "--if-older-than", "--kid", "--typ",
        "--jti", "--token", "--issued-before", "--expires", "--value", "--verb", "--actor", "--target", "--ahead",
        "--trust", "--command", "--date",
    ]

    @Test func `takes the globals that are known before parsing`() {
        let globals = CommandArguments(of: Tokenctl.self).all
        #expect(Set(globals.filter(\.isOption).flatMap(\.names)) == CommandPath.globalsWithValue)
        #expect(Set(globals.filter { !$0.isOption }.flatMap(\.names)) == CommandPath.globalFlags)
    }
}
