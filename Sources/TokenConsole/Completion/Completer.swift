package import ArgumentParser
package import TokenLifecycle

/// What could come next on a half-typed command line. The scripts of three shells ask it through `__complete`, our own
/// shell directly.
///
/// Answers within `patience` whatever the store's size, says nothing where the store is missing, locked or foreign, and
/// never offers a secret, nor text that would do something to a terminal or a shell.
package struct Completer {
    package enum Answer: Equatable, Sendable {
        case offers([Offer])
        /// The shell knows files better.
        case files
    }

    private let root: any ParsableCommand.Type

    package init(_ root: any ParsableCommand.Type) {
        self.root = root
    }

    /// `line` is what was typed up to the cursor, the program's name in front.
    package func answer(_ line: String, in console: inout Console) -> Answer {
        guard SecretGuard.secret(in: line) == nil, let typed = TypedLine(line), !typed.words.isEmpty,
            case let words = Array(typed.words.dropFirst())
        else { return .offers([]) }
        return answer(words, typed.beginning, in: &console)
    }

    /// The same for words without the program's name, none of them a secret; `begun` is the word being typed.
    func answer(_ words: [String], _ begun: String, in console: inout Console) -> Answer {
        guard let path = try? CommandPath(words, from: root) else { return .offers([]) }
        let state = LineState(path, beginning: begun)
        switch state.expected {
        case .command: return .offers(fitting(state.commands, begun))
        case .option: return .offers(fitting(state.options, begun))
        case .value(.files, _, _): return .files
        case .value(let source, let choices, let prefix):
            let beginning = String(begun.dropFirst(prefix.count))
            let found =
                source == .free
                ? choices.map { Offer($0) } : live(source, beginning, state, path.options, in: &console)
            return .offers(fitting(found, beginning).map { Offer(prefix + $0.value, note: $0.note) })
        }
    }

    private func live(
        _ source: ValueSource, _ beginning: String, _ state: LineState, _ words: [String], in console: inout Console
    ) -> [Offer] {
        console.globals = console.standing
        console.globals.db = LineState.value(of: "--db", in: words) ?? console.standing.db
        let reading = LiveReading(&console)
        defer { reading.end() }
        return
            (try? reading.offers { store in
                try source.offers(beginning, after: state.arguments, columns: state.columns, from: store)
            }) ?? []
    }

    func fitting(_ offers: [Offer], _ beginning: String) -> [Offer] {
        offers.filter { offer in
            offer.value.hasPrefix(beginning) && Escaping.visible(offer.value) == offer.value
                && (!offer.value.hasPrefix("-") || beginning.hasPrefix("-"))
        }.map { Offer($0.value, note: Escaping.visible($0.note)) }
    }
}
