/// How wide each column of a table becomes, and which are shown at all.
struct TableLayout: Equatable {
    struct Column {
        /// What the widest cell takes.
        var natural: Int
        var shrinkOrder: Int?
    }

    /// No column shrinks below this: less says nothing.
    static let narrowest = 10
    static let gap = 2

    private(set) var widths: [Int]
    /// Indices of the columns shown, ascending.
    private(set) var shown: [Int]

    /// Shrinks the columns that may give way, in their order; then drops columns from the right, never the first.
    init(_ columns: [Column], into available: Int?) {
        widths = columns.map(\.natural)
        shown = Array(columns.indices)
        guard let available else { return }
        let shrinkable = columns.indices.filter { columns[$0].shrinkOrder != nil }
            .sorted { (columns[$0].shrinkOrder ?? 0, $0) < (columns[$1].shrinkOrder ?? 0, $1) }
        for index in shrinkable where total > available {
            let least = min(widths[index], Self.narrowest)
            widths[index] = max(least, widths[index] - (total - available))
        }
        while total > available, shown.count > 1 { shown.removeLast() }
        growAgain(columns, shrinkable.reversed(), into: available)
    }

    /// What dropping has freed goes back to those who shrank last.
    private mutating func growAgain(_ columns: [Column], _ order: [Int], into available: Int) {
        for index in order where shown.contains(index) {
            widths[index] = min(columns[index].natural, widths[index] + max(0, available - total))
        }
    }

    private var total: Int {
        shown.reduce(0) { $0 + widths[$1] } + Self.gap * max(0, shown.count - 1)
    }
}
