/// A piece of help, before it is laid out for a terminal (`HelpLayout`) or for man (`ManPage`).
enum HelpBlock {
    /// What to type, or a word that may be given, and what it means.
    typealias Entry = (label: String, text: String)

    /// Words to be wrapped; lines that begin with a blank stay as they are.
    case paragraphs(String)
    case section(String, [Entry])
    /// Laid out by hand.
    case asIs(String)
}
