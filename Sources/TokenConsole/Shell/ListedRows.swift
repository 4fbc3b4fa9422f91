internal import ArgumentParser
internal import TokenLifecycle

/// What the last listing showed, row by row: `@2` stands for the id that row 2 had then, whatever is listed there by now.
package struct ListedRows: Sendable {
    struct Row: Sendable {
        var id: String
        /// The columns beside the id, for who reads what is about to be done.
        var context: String
    }

    /// Beyond this many, rows are counted and not kept.
    static let most = 10_000

    /// The schema of the listing; nil before the first.
    let schema: String?
    private(set) var rows: [Row] = []
    private(set) var isCut = false

    package init() { schema = nil }

    init<Record>(_ listing: Listing<Record>) {
        schema = listing.schema
    }

    mutating func add<Record>(_ record: Record, _ listing: Listing<Record>) {
        guard rows.count < Self.most else {
            isCut = true
            return
        }
        let id = listing.id(record)
        let beside = listing.columns.prefix(3).compactMap { column -> String? in
            switch column.cell(record) {
            case .text(let text), .id(let text), .state(let text, _): text == id ? nil : text
            default: nil
            }
        }
        rows.append(Row(id: id, context: beside.joined(separator: " ")))
    }

    /// What kind of thing the ids name; nil for what no verb takes.
    var source: ValueSource? {
        switch schema {
        case "session.list": .sessions
        case "refresh.list": .families
        case "user.list": .users
        case "client.list": .clients
        case "key.list": .keys
        case "denylist.list": .rules
        case "policy.list": .policies
        default: nil
        }
    }

    /// The rows that `@2`, `@1-4` or `@all` stands for.
    func rows(_ reference: RowReference) throws(Failure) -> ArraySlice<Row> {
        guard schema != nil else {
            throw Failure(
                .usage, "\(reference.text) stands for nothing: nothing was listed yet",
                hint: "'session list' and the like number their rows")
        }
        guard let range = reference.range else {
            guard !isCut else {
                throw Failure(
                    .usage, "the last listing had more than \(Self.most) rows, too many for @all",
                    hint: "say which with filters")
            }
            guard !rows.isEmpty else { throw Failure(.usage, "@all stands for nothing: the last listing was empty") }
            return rows[...]
        }
        guard range.upperBound <= rows.count else {
            throw Failure(.usage, "there is no \(reference.text): the last listing has \(rows.count.counted("row"))")
        }
        return rows[(range.lowerBound - 1)..<range.upperBound]
    }
}

/// `@2`, `@1-4`, `@all`.
struct RowReference: Equatable {
    let text: String
    /// From 1; nil for all.
    let range: ClosedRange<Int>?

    /// Nil for any other word.
    init?(_ word: some StringProtocol) {
        guard word.hasPrefix("@") else { return nil }
        text = String(word)
        if word == "@all" {
            range = nil
            return
        }
        let ends = word.dropFirst().split(separator: "-", omittingEmptySubsequences: false).map { end in
            end.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(end) : nil
        }
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first >= 1, first <= last else {
            return nil
        }
        range = first...last
    }
}
