/// What the shell understands beside the command tree: its own words, and those that fingers bring from elsewhere.
enum Builtin: Equatable {
    case exit
    case help([String])
    case set([String])
    case watch([Words.Word])
    /// The last reading command once more, with what was typed behind `\watch`.
    case watchAgain([Words.Word])
    case source([String])
    case toggleVertical
    case toggleTiming

    /// With a line of help each.
    static let names: [(name: String, summary: String)] = [
        ("set", "set output, time, columns or pager; alone: show them"),
        ("watch", "watch [DUR] COMMAND: repeat a reading command"),
        ("source", "source FILE: run the lines of a file"),
        ("exit", "leave (Ctrl-D does too)"),
    ]

    /// Nil where the words name a command of the tree.
    init?(_ words: [Words.Word]) {
        guard let first = words.first?.text else { return nil }
        let rest = Array(words.dropFirst())
        let texts = rest.map(\.text)
        switch first {
        case "exit", "quit", "\\q", ".quit", ".exit", ":q": self = .exit
        case "help", "\\?", "\\h", ".help", "?": self = .help(texts)
        case "set": self = .set(texts)
        case ".mode": self = .set(["output"] + texts)
        case "\\x": self = .toggleVertical
        case "\\timing", ".timer": self = .toggleTiming
        case "source", "\\i", ".read": self = .source(texts)
        case "watch": self = .watch(rest)
        case "\\watch": self = .watchAgain(rest)
        default: return nil
        }
    }
}
