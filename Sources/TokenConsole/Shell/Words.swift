package import TokenLifecycle

/// Splits a typed line into commands and their words, as a shell would as far as operators need it: single and double
/// quotes, backslash, `;` between commands, `#` to the end of the line. Nothing is ever expanded.
///
/// By Unicode scalars: with a combining character behind it a quote is another `Character`, and a quote all the same.
package enum Words {
    package struct Word: Equatable, Sendable {
        package var text: String
        /// Whether a part of it was quoted or escaped: then it means itself and nothing else.
        package var isLiteral = false
    }

    package static func commands(in line: String) throws(Failure) -> [[String]] {
        try words(in: line).map { $0.map(\.text) }
    }

    /// Fails with `.usage` for a quote that is not closed and a backslash at the end.
    package static func words(in line: String) throws(Failure) -> [[Word]] {
        var commands: [[Word]] = []
        var words: [Word] = []
        var word: String.UnicodeScalarView?
        var isLiteral = false
        var quote: Unicode.Scalar?
        var rest = line.unicodeScalars[...]
        func end() {
            if let word { words.append(Word(text: String(word), isLiteral: isLiteral)) }
            word = nil
            isLiteral = false
        }
        while let scalar = rest.popFirst() {
            if let open = quote {
                if scalar == open {
                    quote = nil
                } else if scalar == "\\", open == "\"", let next = rest.first, next == "\"" || next == "\\" {
                    word?.append(rest.removeFirst())
                } else {
                    word?.append(scalar)
                }
                continue
            }
            switch scalar {
            case "'", "\"":
                quote = scalar
                isLiteral = true
                word = word ?? .init()
            case "\\":
                guard let next = rest.popFirst() else { throw Failure(.usage, "the line ends in a backslash") }
                word = word ?? .init()
                word?.append(next)
                isLiteral = true
            case " ", "\t": end()
            case ";":
                end()
                if !words.isEmpty { commands.append(words) }
                words = []
            case "#" where word == nil: rest = rest[rest.endIndex...]
            default:
                word = word ?? .init()
                word?.append(scalar)
            }
        }
        guard quote == nil else { throw Failure(.usage, "a quote is not closed") }
        end()
        return words.isEmpty ? commands : commands + [words]
    }
}
