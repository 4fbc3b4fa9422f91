internal import ArgumentParser
internal import TokenLifecycle

/// Completion at the prompt: what the scripts for other shells get, and what only this shell has.
struct ShellCompletion {
    private let root: any ParsableCommand.Type
    private let completer: Completer
    /// A world of its own: reading only, and giving up after milliseconds. Its store stays open from one Tab to the next.
    private var console: Console

    init(_ root: any ParsableCommand.Type, in console: Console) {
        self.root = root
        completer = Completer(root)
        self.console = console
        self.console.openStore = nil
        self.console.interruption = Interruption()
        self.console.keepsStore = true
        self.console.standing = console.globals
    }

    mutating func close() { try? console.closeStore() }

    /// `line` is what was typed up to the cursor.
    mutating func completions(_ line: String, _ listed: ListedRows) -> Completions {
        guard SecretGuard.secret(in: line) == nil, let typed = TypedLine(line) else { return Completions() }
        _ = console.recheckStore()
        let words = typed.words.first == root.name ? Array(typed.words.dropFirst()) : typed.words
        let found = offers(words, typed.beginning, listed)
        let isOpenEnded = found.count == 1 && found.first.map { "=/".contains($0.value.last ?? " ") } ?? false
        return Completions(found, typed, isOpenEnded: isOpenEnded)
    }

    /// The first thing that an operator should look at; nil where all is well. The store it opens is the one that the first Tab
    /// finds open.
    mutating func firstFinding() throws -> String? {
        console.globals = console.standing
        console.globals.lockTimeout = LiveReading.lockTimeout
        return try console.store(for: .reading).firstFinding()?.line
    }

    private mutating func offers(_ words: [String], _ begun: String, _ listed: ListedRows) -> [Offer] {
        switch words.first {
        case nil:
            let own = Builtin.names.map { Offer($0.name, note: $0.summary) }
            return tree(words, begun) + completer.fitting(own, begun)
        case "help":
            let topics = words.count == 1 ? HelpTopic.allCases.map { Offer($0.rawValue, note: $0.summary) } : []
            return tree(Array(words.dropFirst()), begun) + completer.fitting(topics, begun)
        case "set": return completer.fitting(settings(Array(words.dropFirst()), begun), begun)
        case "source", ".read": return words.count == 1 ? FileOffers.offers(begun) : []
        case "watch":
            let rest = words.dropFirst()
            let isInterval = rest.first?.first?.isNumber ?? false
            return offers(Array(rest.dropFirst(isInterval ? 1 : 0)), begun, listed)
        default:
            return begun.hasPrefix("@") ? rows(words, begun, listed) : tree(words, begun)
        }
    }

    private mutating func tree(_ words: [String], _ begun: String) -> [Offer] {
        switch completer.answer(words, begun, in: &console) {
        case .offers(let offers): offers
        case .files: FileOffers.offers(begun)
        }
    }

    private func settings(_ words: [String], _ begun: String) -> [Offer] {
        let values: [String] =
            switch words.first {
            case nil: ShellSettings.names
            case "output": OutputFormat.allCases.map(\.rawValue) + ["default"]
            case "time": TimeStyle.allCases.map(\.rawValue) + ["default"]
            case "pager": ["on", "off", "default"]
            default: ["default"]
            }
        return words.count > 1 ? [] : values.map { Offer($0) }
    }

    /// Rows of the last listing, where an id of their kind can stand.
    private func rows(_ words: [String], _ begun: String, _ listed: ListedRows) -> [Offer] {
        guard let path = try? CommandPath(words, from: root),
            case .value(let source, _, _) = LineState(path, beginning: "").expected, source == listed.source,
            !listed.rows.isEmpty
        else { return [] }
        let rows = listed.rows.prefix(100).enumerated().map { index, row in
            Offer("@\(index + 1)", note: row.context.isEmpty ? row.id : "\(row.id) \(row.context)")
        }
        return completer.fitting(rows + [Offer("@all", note: listed.rows.count.counted("row"))], begun)
    }
}
