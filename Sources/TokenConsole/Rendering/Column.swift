/// One column of a listing: what it is called in each format, how it looks, and how to get it from a record.
package struct Column<Record>: Sendable {
    /// Where the column shows itself unasked; `--columns` may ask for any.
    package enum Presence: Sendable {
        case standard
        /// In `wide`, `vertical`, `csv`, `tsv` and JSON.
        case wide
        /// In JSON only.
        case jsonOnly
    }

    package enum Alignment: Sendable { case left, right }

    /// The JSON member, snake_case: part of the contract.
    package let name: String
    /// The heading of a table.
    package let header: String
    package let presence: Presence
    package let alignment: Alignment
    /// Columns with a number give way when the table is too wide, the lowest number first; the others keep their width.
    package let shrinkOrder: Int?
    package let cell: @Sendable (Record) -> Cell

    package init(
        _ name: String, _ presence: Presence = .standard, header: String? = nil, align alignment: Alignment = .left,
        shrinks shrinkOrder: Int? = nil, _ cell: @escaping @Sendable (Record) -> Cell
    ) {
        self.name = name
        self.header = header ?? name.split(separator: "_").joined(separator: " ").uppercased()
        self.presence = presence
        self.alignment = alignment
        self.shrinkOrder = shrinkOrder
        self.cell = cell
    }
}

extension Column {
    /// The same column of a record that holds this one.
    func within<Outer>(_ part: @escaping @Sendable (Outer) -> Record) -> Column<Outer> {
        let presence: Column<Outer>.Presence =
            switch presence {
            case .standard: .standard
            case .wide: .wide
            case .jsonOnly: .jsonOnly
            }
        let cell = cell
        return Column<Outer>(
            name, presence, header: header, align: alignment == .left ? .left : .right, shrinks: shrinkOrder
        ) { cell(part($0)) }
    }
}
