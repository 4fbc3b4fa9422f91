internal import TokenLifecycle

/// How records of one kind are shown, in every format, from this one description.
package struct Listing<Record>: Sendable {
    /// The schema's last part, as in `tokenctl/v1/session.list`.
    package let schema: String
    package let columns: [Column<Record>]
    /// What `-o id` prints, and what a row reference of the shell stands for.
    package let id: @Sendable (Record) -> String

    package init(schema: String, id: @escaping @Sendable (Record) -> String, columns: [Column<Record>]) {
        self.schema = schema
        self.id = id
        self.columns = columns
    }

    /// Whether its rows are many of a kind, as opposed to what was named.
    var isList: Bool { schema.hasSuffix(".list") }

    /// What the records are together, in words: "sessions".
    var plural: String {
        switch schema.prefix(while: { $0 != "." }) {
        case "refresh": "families"
        case "denylist": "rules"
        case "audit": "events"
        case "policy": "policies"
        case let noun: noun + "s"
        }
    }

    /// The columns that `format` shows: those asked for in that order, or those that show themselves.
    ///
    /// An unknown name is `.usage`.
    func columns(for format: OutputFormat, asked: [String]?) throws(Failure) -> [Column<Record>] {
        guard let asked else {
            return columns.filter { column in
                switch format {
                case .json, .ndjson: true
                case .table: column.presence == .standard
                case .wide, .vertical, .csv, .tsv, .id: column.presence != .jsonOnly
                }
            }
        }
        var chosen: [Column<Record>] = []
        for name in asked {
            guard let column = columns.first(where: { $0.name == name }) else {
                throw Failure(
                    .usage, "no column \(name.prefix(40))",
                    hint: "columns: \(columns.map(\.name).joined(separator: ", "))")
            }
            chosen.append(column)
        }
        return chosen
    }
}
