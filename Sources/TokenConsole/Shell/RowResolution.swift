internal import ArgumentParser
internal import TokenLifecycle

/// A command line with ids in place of row references.
struct RowResolution {
    private(set) var arguments: [String]
    /// What each reference came to, for the person to read before it happens: `@2: ses_4k2m9qdx (alice web)`.
    private(set) var notes: [String] = []

    /// Replaces a reference only where an id can stand and nothing was quoted; anywhere else `@2` is a text like any other.
    ///
    /// Fails with `.usage` where the last listing was of another kind, or has no such row.
    init(_ words: [Words.Word], _ listed: ListedRows, root: any ParsableCommand.Type) throws(Failure) {
        arguments = words.map(\.text)
        let marked = words.map { $0.isLiteral || !$0.text.contains("@") ? $0.text : $0.text + Self.mark }
        guard marked != arguments, let path = try? CommandPath(marked, from: root) else { return }
        let description = CommandArguments(of: path.last)
        let verb = path.types.dropFirst().map { $0.name }
        var resolved: [String] = []
        var position = 0
        var pending: CommandArguments.Argument?
        var isOver = false
        for word in path.options {
            let isMarked = word.hasSuffix(Self.mark)
            let text = isMarked ? String(word.dropLast()) : word
            if let option = pending {
                pending = nil
                guard isMarked, let ids = try ids(text, ValueSource.of(option), listed, option.isRepeating, verb) else {
                    resolved.append(text)
                    continue
                }
                resolved += ids.enumerated().flatMap { $0 > 0 ? [option.name, $1] : [$1] }
            } else if !isOver, text.hasPrefix("-"), text != "-" {
                isOver = text == "--"
                let parts = text.split(separator: "=", maxSplits: 1)
                let option = description.option(String(parts[0]))
                if isMarked, let option, parts.count == 2,
                    let ids = try ids(String(parts[1]), ValueSource.of(option), listed, option.isRepeating, verb)
                {
                    resolved += ids.map { "\(parts[0])=\($0)" }
                    continue
                }
                resolved.append(text)
                pending = option?.isOption == true && parts.count == 1 ? option : nil
            } else {
                let source = ValueSource.ofArgument(position, of: verb.joined(separator: " "))
                let positional = description.positional
                let isRepeating = (position < positional.count ? positional[position] : positional.last)?.isRepeating
                position += 1
                let found = isMarked ? try ids(text, source, listed, isRepeating ?? false, verb) : nil
                resolved += found ?? [text]
            }
        }
        arguments = verb + resolved
    }

    /// Nil where the place takes no ids, or the word is no reference.
    private mutating func ids(
        _ word: String, _ source: ValueSource, _ listed: ListedRows, _ isRepeating: Bool, _ verb: [String]
    ) throws(Failure) -> [String]? {
        guard let kind = source.plural, let reference = RowReference(word) else { return nil }
        let rows = try listed.rows(reference)
        guard listed.source == source else {
            throw Failure(
                .usage, "\(word) is of the listing of \(listed.source?.plural ?? "what no verb takes"), not of \(kind)",
                hint: "list \(kind), or name one")
        }
        guard isRepeating || rows.count == 1 else {
            throw Failure(
                .usage, "\(word) stands for \(rows.count), and '\(verb.joined(separator: " "))' takes one there")
        }
        let shown = rows.prefix(10).map { $0.context.isEmpty ? $0.id : "\($0.id) (\($0.context))" }
        let more = rows.count > 10 ? ", and \((rows.count - 10).grouped) more" : ""
        notes.append("\(word): \(shown.joined(separator: ", "))\(more)")
        return rows.map(\.id)
    }

    private static let mark = "\u{1}"
}

extension ValueSource {
    /// What the ids of this source name, where a row of a listing can stand for one.
    var plural: String? {
        switch self {
        case .sessions: "sessions"
        case .families: "refresh families"
        case .users: "users"
        case .clients: "clients"
        case .keys: "keys"
        case .rules: "denylist rules"
        case .policies: "policies"
        default: nil
        }
    }
}
