internal import TokenStorage

/// A user or client as a filter names it, with `*` for any text. By code points, as SQLite compares: a combining mark behind a
/// `*` is text of its own.
package struct NamePattern: Hashable, Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Whether a `*` stands anywhere but at the end, so that no index helps.
    package var scans: Bool { text.unicodeScalars.dropLast().contains("*") }

    /// The name, where no `*` leaves it open.
    var exact: String? { text.unicodeScalars.contains("*") ? nil : text }

    /// For a pattern with one `*`, at its end: what comes before it.
    var beginning: String? {
        text.unicodeScalars.last == "*" && !scans ? String(text.unicodeScalars.dropLast()) : nil
    }

    /// A range of the column's index where there is one.
    func condition(_ column: StaticString) -> SQL {
        if let exact { return "\(raw: column) = \(exact)" }
        guard let beginning else {
            // Of GLOB's own signs only * is meant as one.
            let pattern = text.unicodeScalars.map { $0 == "[" || $0 == "?" ? "[\($0)]" : String($0) }.joined()
            return "\(raw: column) GLOB \(pattern)"
        }
        guard let end = beginning.firstAfterAllThatBeginSo else { return "\(raw: column) >= \(beginning)" }
        return "(\(raw: column) >= \(beginning) AND \(raw: column) < \(end))"
    }

    /// Where the names are that begin so: from `low`, before `high` if there is an end; nil where they are not one range.
    var range: (low: String, high: String?)? { beginning.map { ($0, $0.firstAfterAllThatBeginSo) } }

    func matches(_ name: String) -> Bool {
        let parts = text.unicodeScalars.split(separator: "*", omittingEmptySubsequences: false).map { Array($0) }
        var rest = Array(name.unicodeScalars)[...]
        guard parts.count > 1 else { return parts[0] == Array(rest) }
        guard rest.starts(with: parts[0]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        let last = parts[parts.count - 1]
        return rest.count >= last.count && Array(rest.suffix(last.count)) == last
    }
}

extension String {
    /// The least text that comes after every text with this beginning, by code points, as SQLite compares UTF-8.
    fileprivate var firstAfterAllThatBeginSo: String? {
        var scalars = Array(unicodeScalars)
        while let last = scalars.popLast() {
            // Between these two lie the surrogates, which no text contains.
            let following = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let next = Unicode.Scalar(following) else { continue }
            return String(String.UnicodeScalarView(scalars + [next]))
        }
        return nil
    }
}

extension [NamePattern] {
    func condition(_ column: StaticString) -> SQL { map { $0.condition(column) }.anyOf }

    /// The numbers of the users that are meant.
    var users: SQL { "SELECT id FROM user WHERE " + condition("subject") }
}

extension StoreReading {
    /// Fails with `.usage` where a statement could not hold so many conditions: SQLite puts 500 of them together
    /// (https://www.sqlite.org/limits.html#max_compound_select), and a list adds some of its own.
    func requireFew(_ count: Int, _ what: String) throws(Failure) {
        guard count > 400 else { return }
        throw Failure(.usage, "\(count) \(what) are too many for one list: 400 at most", hint: "ask for some at a time")
    }
}
