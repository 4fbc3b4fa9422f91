/// Lays out help for a width: words are wrapped, examples never, so that they can be copied.
struct HelpLayout {
    private let width: Int
    /// Where explanations begin.
    private static let indent = 26

    /// Beyond a hundred columns, lines are hard to read.
    init(columns: Int?) {
        width = min(max(columns ?? 80, 40), 100)
    }

    func text(_ block: HelpBlock) -> String {
        switch block {
        case .paragraphs(let text): paragraphs(text)
        case .section(let title, let entries): section(title, entries)
        case .asIs(let text): text + "\n"
        }
    }

    /// Paragraphs as they fit; lines that begin with a blank stay as they are.
    func paragraphs(_ text: String) -> String {
        var result: [String] = []
        var paragraph: [Substring] = []
        func end() {
            result += wrapped(paragraph, into: width)
            paragraph = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty || line.hasPrefix(" ") {
                end()
                result.append(String(line))
            } else {
                paragraph += line.split(separator: " ")
                // A heading ends its own line.
                if line == line.uppercased() { end() }
            }
        }
        end()
        return result.map { $0 + "\n" }.joined()
    }

    /// Empty without entries.
    func section(_ title: String, _ entries: [HelpBlock.Entry]) -> String {
        guard !entries.isEmpty else { return "" }
        let margin = String(repeating: " ", count: Self.indent)
        var lines = ["\(title):"]
        for (label, text) in entries {
            var texts = wrapped(text.split(separator: " "), into: width - Self.indent)
            let head = "  \(label)"
            if head.count <= Self.indent - 2 {
                let padding = String(repeating: " ", count: Self.indent - head.count)
                lines.append(texts.isEmpty ? head : head + padding + texts.removeFirst())
            } else {
                lines.append(head)
            }
            lines += texts.map { margin + $0 }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Names one after the other.
    func names(_ names: [String]) -> String {
        let words = names.map { $0.replacing(" ", with: "\u{A0}") }
        return wrapped(words.map { $0[...] }, into: width - 2, between: "  ")
            .map { "  \($0.replacing("\u{A0}", with: " "))\n" }.joined()
    }

    private func wrapped(_ words: [Substring], into width: Int, between: String = " ") -> [String] {
        var lines: [String] = []
        for word in words {
            if let last = lines.last, last.count + between.count + word.count <= width {
                lines[lines.count - 1] = last + between + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
