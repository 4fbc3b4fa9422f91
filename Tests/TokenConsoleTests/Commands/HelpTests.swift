import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `Help` {
    private func help(_ words: String..., columns: Int = 80) -> Run {
        Run(["help"] + words, terminal: true, columns: columns, root: Tokenctl.self)
    }

    @Test(arguments: [[], ["session"], ["key", "revoke"]])
    func `fits the terminal, except for examples`(words: [String]) {
        for columns in [60, 80, 100] {
            let run = Run(["help"] + words, terminal: true, columns: columns, root: Tokenctl.self)
            #expect(run.code == .done)
            for line in run.output.split(separator: "\n")
            where !line.hasPrefix("  tokenctl ") && !line.hasPrefix("USAGE") {
                #expect(line.count <= columns, "\(line)")
            }
        }
    }

    @Test func `leaves examples whole, to be copied`() {
        let example = "  tokenctl session revoke --user alice --ip 203.0.113.0/24 --reason \"laptop stolen\"\n"
        #expect(help("session", "revoke", columns: 50).output.contains(example))
    }

    @Test func `of the program names its commands before its options`() throws {
        let text = help().output
        let commands = try #require(text.firstRange(of: "COMMANDS:"))
        let globals = try #require(text.firstRange(of: "GLOBAL OPTIONS"))
        #expect(commands.lowerBound < globals.lowerBound)
        #expect(!text.contains("__complete"))
        #expect(text.contains("\n  session "))
    }

    @Test func `says what must be given`() {
        #expect(help("key", "revoke").output.contains("USAGE: tokenctl key revoke [OPTIONS] --cause <cause> <kid>"))
        #expect(help("session", "show").output.contains("USAGE: tokenctl session show [OPTIONS] <id> ..."))
        #expect(help("user", "list").output.contains("USAGE: tokenctl user list [OPTIONS] [<user> ...]"))
    }

    @Test func `explains globals, formats, times and exit codes`() {
        for topic in HelpTopic.allCases {
            let run = help(topic.rawValue)
            #expect(run.code == .done)
            #expect(run.output.hasSuffix("\n"))
            #expect(!run.output.isEmpty)
        }
        #expect(help("globals").output.contains("--lock-timeout <dur>"))
        #expect(help("globals").output.contains("TOKENCTL_DB"))
        #expect(help("formats").output.contains("ndjson"))
        for code in TokenConsole.ExitCode.allCases {
            #expect(help("exit-codes").output.contains("\n  \(code.rawValue) "))
        }
    }

    @Test(arguments: [
        (["sesion"], "did you mean 'tokenctl session'"), (["session", "lst"], "did you mean 'tokenctl session list'"),
        (["exitcodes"], "did you mean 'tokenctl help exit-codes'"),
        (["session", "list", "x"], "see 'tokenctl session list --help'"),
    ])
    func `of what does not exist says what does`(words: [String], hint: String) {
        let run = Run(["help"] + words, root: Tokenctl.self)
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(run.errors.contains(hint), "\(run.errors)")
    }

    @Test func `is completed`() {
        #expect(offers("tokenctl help sess") == ["session"])
        #expect(offers("tokenctl help session rev") == ["revoke"])
        #expect(offers("tokenctl help exit") == ["exit-codes"])
        #expect(offers("tokenctl hel") == ["help"])
    }

    private func offers(_ line: String) -> [String] {
        var console = TestWorld().console()
        guard case .offers(let offers) = Completer(Tokenctl.self).answer(line, in: &console) else { return [] }
        return offers.map(\.value)
    }
}
