internal import TokenLifecycle

/// Aligned columns for people. Collects its rows, because widths are known only at the end; so it is capped.
struct TableWriter<Record>: RecordWriter {
    /// Without a `--limit`, more rows than anyone reads are not shown, and a note says so.
    static var cap: Int { 100 }

    let columns: [Column<Record>]
    let rendering: Rendering
    let limit: Int
    /// The columns of the terminal; nil: as wide as needed.
    let width: Int?
    private var rows: [[Cell]] = []
    private var isCut = false

    init(columns: [Column<Record>], rendering: Rendering, limit: Int, width: Int?) {
        let number = Column<Record>("#", align: .right) { _ in .none }
        self.columns = rendering.isNumbered ? [number] + columns : columns
        self.rendering = rendering
        self.limit = limit
        self.width = width
    }

    mutating func write(_ record: Record) throws(Failure) -> Bool {
        guard rows.count < limit else {
            isCut = true
            return false
        }
        var cells = columns.map { $0.cell(record) }
        if rendering.isNumbered { cells[0] = .count(rows.count + 1) }
        rows.append(cells)
        return true
    }

    mutating func finish(next: String?) throws(Failure) {
        let texts = rows.map { row in
            row.map { cell in
                let text = Escaping.visible(cell.text(rendering.times, now: rendering.now))
                return text.isEmpty ? "–" : text
            }
        }
        let layout = TableLayout(
            columns.enumerated().map { index, column in
                let natural = texts.map { DisplayWidth.of($0[index]) }.max() ?? 0
                return TableLayout.Column(
                    natural: max(natural, rendering.hasHeader ? DisplayWidth.of(column.header) : 1),
                    shrinkOrder: column.shrinkOrder)
            }, into: width)
        if rendering.hasHeader, !rows.isEmpty {
            try line(columns.map(\.header), tones: columns.map { _ in .faint }, layout)
        }
        for (cells, texts) in zip(rows, texts) { try line(texts, tones: cells.map(\.tone), layout) }
        try foot(layout, next: next)
    }

    private func line(_ texts: [String], tones: [Tone?], _ layout: TableLayout) throws(Failure) {
        var line = ""
        for (place, index) in layout.shown.enumerated() {
            let columnWidth = layout.widths[index]
            let text = DisplayWidth.fitting(texts[index], into: columnWidth)
            let padding = String(repeating: " ", count: max(0, columnWidth - DisplayWidth.of(text)))
            let painted = tones[index]?.paint(text, if: rendering.isColored) ?? text
            let isLast = place == layout.shown.count - 1
            if place > 0 { line += "  " }
            line += columns[index].alignment == .right ? padding + painted : painted + (isLast ? "" : padding)
        }
        try rendering.output.writeLine(line)
    }

    private func foot(_ layout: TableLayout, next: String?) throws(Failure) {
        let hidden = columns.indices.filter { !layout.shown.contains($0) }.map { columns[$0].name }
        if !hidden.isEmpty {
            try rendering.notes.note(
                "columns not shown: \(hidden.joined(separator: ", ")) (-o wide or vertical shows them)")
        }
        if isCut {
            try rendering.notes.note("the first \(limit) rows; --limit shows more, -o tsv or json all of them")
        } else if let next {
            try rendering.notes.note("more follow: --after \(next)")
        }
    }
}
