import Foundation
import Testing
import TokenLifecycle

@testable import TokenConsole

/// Whatever tells somebody to type a command, in a page or in the program's own words, names one that there is.
@Suite struct `Every command that is named` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The pages, without what builds and other packages left lying about.
    static let pages = files(ending: ".md")
    static let sources = files(ending: ".swift").filter { $0.hasPrefix("Sources/") }

    private static func files(ending: String) -> [String] {
        let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            path.hasSuffix(ending) && !path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "dist" }
        }.sorted()
    }

    @Test(arguments: pages)
    func `in a page`(page: String) throws {
        for line in Self.typed(in: try text(of: page)) { try expectCommand(line, in: page) }
    }

    @Test(arguments: sources)
    func `in the program's hints, notes and help`(source: String) throws {
        for match in try text(of: source).matches(of: /(<<< )?'tokenctl ([a-z][^'\\\n]*)'/)
        where match.output.1 == nil {
            try expectCommand("tokenctl " + match.output.2, in: source)
        }
    }

    @Test func `is looked for, and what there is not is found`() throws {
        let text = """
            Use `tokenctl session lst`, or `tokenctl key list --colums kid`.

            ```sh
            sudo -u tokenctl tokenctl clean-up --cron && tokenctl audit verify
            ```

            ```console
            $ tokenctl status
            tokenctl nothing of the kind
            ```

                17 3 * * *  tokenctl key rotate
            """
        let typed = Self.typed(in: text)
        #expect(
            typed == [
                "tokenctl clean-up --cron", "tokenctl audit verify", "tokenctl status", "tokenctl key rotate",
                "tokenctl session lst", "tokenctl key list --colums kid",
            ])
        #expect(typed.map { Self.objection(to: $0) == nil } == [false, true, true, true, false, false])
    }

    private func text(of path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    private func expectCommand(_ line: String, in file: String) throws {
        if let objection = Self.objection(to: line) { Issue.record("\(file): '\(line)': \(objection)") }
    }

    /// Command lines in blocks for a shell and in code between words. Of a transcript, only what is typed.
    private static func typed(in page: String) -> [String] {
        var lines: [Substring] = []
        var prose = ""
        for (index, part) in page.components(separatedBy: "```").enumerated() {
            if index.isMultiple(of: 2) {
                let split = part.split(separator: "\n", omittingEmptySubsequences: false)
                lines += split.filter { $0.hasPrefix("    ") }
                prose += split.filter { !$0.hasPrefix("    ") }.joined(separator: "\n")
            } else if part.hasPrefix("console") {
                lines += part.split(separator: "\n").filter { $0.hasPrefix("$ ") }
            } else if part.hasPrefix("sh\n") || part.hasPrefix("\n") {
                lines += part.split(separator: "\n").filter { !$0.hasPrefix("#") }
            }
        }
        lines += prose.matches(of: /`([^`]*)`/).map(\.output.1)
        return lines.flatMap { line in
            line.split(separator: /&&|\|\||[;|<>#](?=\s|$)/).flatMap { command in
                command.matches(of: /(?:^|\s|\()(tokenctl [a-z_][^)]*)/).map { match in
                    // The last of them: 'sudo -u tokenctl tokenctl status'.
                    let parts = match.output.1.components(separatedBy: "tokenctl ")
                    return "tokenctl " + (parts.last ?? "").trimmingCharacters(in: .whitespaces)
                }
            }
        }
    }

    /// What is wrong with a command line whose values may be placeholders; nil where it names a command and its options.
    private static func objection(to line: String) -> String? {
        let words = line.split(whereSeparator: \.isWhitespace).dropFirst().map {
            $0.trimmingCharacters(in: ["[", "]", ",", "'", "\""])
        }
        // 'session create|list' names both.
        let alternatives = words.prefix(3).first { $0.contains("|") }?.split(separator: "|").map(String.init) ?? [""]
        for alternative in alternatives {
            let chosen = words.map { $0.contains("|") && !alternative.isEmpty ? alternative : $0 }
            do {
                let path = try CommandPath(chosen.filter { !$0.contains("…") }, from: Tokenctl.self)
                let known = CommandArguments(of: path.last)
                for option in path.options where option.hasPrefix("--") && option.count > 2 {
                    let name = String(option.prefix { $0 != "=" })
                    if known.option(name) == nil { return "\(path.text) has no \(name)" }
                }
            } catch {
                return "\(error.message)"
            }
        }
        return nil
    }
}
