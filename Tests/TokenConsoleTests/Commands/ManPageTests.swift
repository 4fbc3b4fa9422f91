import ArgumentParser
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `The manual` {
    @Test func `has a page for every command and noun that help shows, and for every topic`() {
        let commands = CommandTree.leaves.filter { !$0.isHidden }.map(\.path) + CommandTree.nouns
        let titles = commands.map { (["tokenctl"] + $0).joined(separator: "-") + ".1" }
        let topics = HelpTopic.allCases.map { "tokenctl-\($0.rawValue).7" }
        #expect(Set(ManPage.all.map(\.name)) == Set(titles + topics))
        #expect(ManPage.all.count == titles.count + topics.count)
        #expect(Run(["__man"], root: Tokenctl.self).output.split(separator: "\n").count == ManPage.all.count)
    }

    @Test(arguments: CommandTree.leaves.filter { !$0.isHidden })
    func `says of a command what its help says`(leaf: CommandTree.Leaf) {
        let page = page("tokenctl-\(leaf.path.joined(separator: "-")).1")
        #expect(page.contains("\(leaf.path.joined(separator: "-")) - ".roff + leaf.type.configuration.abstract.roff))
        let own = HelpPage(of: [Tokenctl.self, leaf.type]).own
        for argument in own {
            let name = argument.isPositional ? "\\fI\(argument.valueName.roff)\\fR" : argument.name.roff
            #expect(page.contains(name), "\(argument.name)")
            #expect(page.contains(argument.explanation.roff), "\(argument.name)")
        }
        #expect(page.contains("\n.SH \"EXAMPLES\"\n.EX\ntokenctl "))
    }

    @Test func `lists every exit code`() {
        let page = page("tokenctl-exit-codes.7")
        for code in TokenConsole.ExitCode.allCases {
            #expect(page.contains(".TP\n\\fB\(code.rawValue)\\fR\n\(code.summary.roff)\n"))
        }
    }

    @Test(arguments: ManPage.all.map(\.name))
    func `is plain ASCII, and no text in it is taken for a macro`(name: String) {
        let known = ["TH", "nh", "ad", "SH", "PP", "TP", "BR", "EX", "EE"]
        for line in page(name).split(separator: "\n") {
            #expect(!line.unicodeScalars.contains { !$0.isASCII }, "\(line)")
            guard line.hasPrefix(".") || line.hasPrefix("'") else { continue }
            #expect(known.contains(String(line.dropFirst().prefix { $0 != " " })), "\(line)")
        }
    }

    @Test func `is the same for the same version and date`() {
        #expect(page("tokenctl.1") == page("tokenctl.1"))
        #expect(page("tokenctl.1").hasPrefix(".TH \"TOKENCTL\" 1 \"2026-01-31\" \"tokenctl \(Version.current)\""))
    }

    @Test(arguments: [(["nothing.1"], TokenConsole.ExitCode.notFound), (["tokenctl.1", "--date", "today"], .usage)])
    func `has no other pages, and no other dates`(words: [String], code: TokenConsole.ExitCode) {
        let run = Run(["__man"] + words, root: Tokenctl.self)
        #expect(run.code == code)
        #expect(run.output == "")
    }

    private func page(_ name: String) -> String {
        Run(["__man", name, "--date", "2026-01-31"], root: Tokenctl.self).output
    }
}

extension String {
    /// What is written for it in a page, as far as help texts need it.
    fileprivate var roff: String {
        var text = replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
        text = text.replacing("~", with: "\\(ti").replacing("`", with: "\\(ga")
        return text.replacing("…", with: "\\[u2026]").replacing("–", with: "\\[u2013]")
    }
}
