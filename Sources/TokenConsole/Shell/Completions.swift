internal import TokenLifecycle

/// What could come next at the cursor, as it is typed and as it is shown.
struct Completions {
    var offers: [Offer] = []
    /// The words of `offers` as they are shown: whole, where only an end is inserted.
    private var shown: [Offer] = []
    /// What follows the only one: a blank, a closing quote, or nothing (0).
    var end: Int32 = 0
    private var beginning = ""
    private var openQuote = ""

    init() {}

    init(_ offers: [Offer], _ typed: TypedLine, isOpenEnded: Bool = false) {
        self.offers = offers
        shown = offers
        beginning = typed.beginning
        openQuote = typed.openQuote
        end = isOpenEnded ? 0 : Int32((openQuote.utf8.first ?? UInt8(ascii: " ")))
    }

    /// The offers as they replace `text`, which is the end of the word being typed: readline knows less of quotes than we do.
    func replacing(_ text: String) -> Completions {
        guard beginning.hasSuffix(text) else { return Completions() }
        let kept = beginning.count - text.count
        var result = self
        result.offers = []
        result.shown = []
        for offer in offers {
            guard let word = quoted(offer.value.dropFirst(kept)) else { continue }
            result.offers.append(Offer(word, note: offer.note))
            result.shown.append(offer)
        }
        return result
    }

    /// The text so that the lexer reads it back; nil where the open quote cannot hold it.
    private func quoted(_ text: Substring) -> String? {
        let special: Set<Unicode.Scalar>
        switch openQuote {
        case "'": return text.unicodeScalars.contains("'") ? nil : String(text)
        case "\"": special = ["\"", "\\"]
        default: special = [" ", "\t", ";", "'", "\"", "\\", "#"]
        }
        return text.unicodeScalars.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// For a terminal of this size: one a line with what it is, or where that is too much in columns, or as many as fit.
    func lines(rows: Int, columns: Int) -> [String] {
        let room = max(4, rows - 3)
        let width = max(20, columns)
        let widest = shown.map { DisplayWidth.of($0.value) }.max() ?? 0
        func padded(_ text: String) -> String {
            text + String(repeating: " ", count: max(0, widest - DisplayWidth.of(text)))
        }
        if shown.count <= room {
            return shown.map { offer in
                DisplayWidth.fitting(
                    offer.note.isEmpty ? offer.value : "\(padded(offer.value))  \(offer.note)", into: width)
            }
        }
        let perLine = max(1, (width + 2) / (widest + 2))
        let lines = stride(from: 0, to: shown.count, by: perLine).map { start in
            shown[start..<min(start + perLine, shown.count)].map { padded($0.value) }.joined(separator: "  ")
        }
        guard lines.count > room else { return lines }
        return lines.prefix(room - 1) + ["and \(shown.count - (room - 1) * perLine) more"]
    }
}
