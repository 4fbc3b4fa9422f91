internal import TokenLifecycle

/// A command line up to the cursor: the words that are finished, and the one being typed.
struct TypedLine: Equatable {
    /// Of the last command on the line, the program's name among them.
    var words: [String]
    /// Empty after a blank.
    var beginning: String
    /// The quote that is still open there; empty where none is.
    var openQuote: String

    /// Nil where nothing can be completed: in a comment, or an empty line.
    init?(_ text: String) {
        // A mark stands where the cursor is; behind an open quote, that quote is closed after it.
        for end in ["", "'", "\""] {
            guard let commands = try? Words.commands(in: text + Self.cursor + end) else { continue }
            guard var words = commands.last, let last = words.popLast(), last.hasSuffix(Self.cursor) else { return nil }
            self.words = words
            beginning = String(last.dropLast())
            openQuote = end
            return
        }
        return nil
    }

    private static let cursor = "\u{1}"
}
