package import TokenLifecycle

/// Splits a typed line into commands and their words, as a shell would as far as operators need it: single and double
/// quotes, backslash, `;` between commands, `#` to the end of the line. Nothing is ever expanded.
package enum Words {
    /// Fails with `.usage` for a quote that is not closed and a backslash at the end.
    package static func commands(in line: String) throws(Failure) -> [[String]] {
        var commands: [[String]] = []
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = line[...]
        func end() {
            if let word { words.append(word) }
            word = nil
        }
        while let character = rest.popFirst() {
            if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"", let next = rest.first, next == "\"" || next == "\\" {
                    word = (word ?? "") + String(rest.removeFirst())
                } else {
                    word = (word ?? "") + String(character)
                }
                continue
            }
            switch character {
            case "'", "\"":
                quote = character
                word = word ?? ""
            case "\\":
                guard let next = rest.popFirst() else { throw Failure(.usage, "the line ends in a backslash") }
                word = (word ?? "") + String(next)
            case " ", "\t": end()
            case ";":
                end()
                if !words.isEmpty { commands.append(words) }
                words = []
            case "#" where word == nil: rest = ""
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw Failure(.usage, "a quote is not closed") }
        end()
        return words.isEmpty ? commands : commands + [words]
    }
}
