internal import TokenJOSE
internal import TokenLifecycle

/// Writes records one after the other, so that a listing of millions needs the memory of one page.
protocol RecordWriter<Record> {
    associatedtype Record

    /// Answers whether more would still be shown.
    mutating func write(_ record: Record) throws(Failure) -> Bool
    /// `next` is the cursor of the page after this one.
    mutating func finish(next: String?) throws(Failure)
}

/// What all writers need to know of the world.
struct Rendering {
    var output: Sink
    var notes: Notes
    var times: TimeStyle
    var now: Instant
    var isColored: Bool
    var hasHeader: Bool
    /// Whether each row says its number, by which a shell refers to it.
    var isNumbered = false
}

/// `{"schema":…,"items":[…],"next":…}`, an item a line.
struct JSONEnvelopeWriter<Record>: RecordWriter {
    let schema: String
    let columns: [Column<Record>]
    let output: Sink
    private var isEmpty = true

    init(schema: String, columns: [Column<Record>], output: Sink) {
        self.schema = schema
        self.columns = columns
        self.output = output
    }

    mutating func write(_ record: Record) throws(Failure) -> Bool {
        try output.write(isEmpty ? "\(head)\n" : ",\n")
        isEmpty = false
        try output.write(columns.json(of: record).shownText)
        return true
    }

    mutating func finish(next: String?) throws(Failure) {
        try output.write(isEmpty ? head : "\n")
        try output.writeLine("],\"next\":\(next.map(JSON.string)?.shownText ?? "null")}")
    }

    private var head: String { "{\"schema\":\(JSON.string(Schema.name(schema)).shownText),\"items\":[" }
}

/// A record a line, bare.
struct NDJSONWriter<Record>: RecordWriter {
    let columns: [Column<Record>]
    let output: Sink

    func write(_ record: Record) throws(Failure) -> Bool {
        try output.writeLine(columns.json(of: record).shownText)
        return true
    }

    func finish(next: String?) throws(Failure) {}
}

/// CSV (RFC 4180: CRLF) or tab-separated lines, with a header line of the JSON names.
struct DelimitedWriter<Record>: RecordWriter {
    enum Kind { case csv, tsv }

    let kind: Kind
    let columns: [Column<Record>]
    let rendering: Rendering
    private var hasBegun = false

    init(_ kind: Kind, columns: [Column<Record>], rendering: Rendering) {
        self.kind = kind
        self.columns = columns
        self.rendering = rendering
    }

    mutating func write(_ record: Record) throws(Failure) -> Bool {
        try beginIfNeeded()
        try line(columns.map { $0.cell(record) })
        return true
    }

    mutating func finish(next: String?) throws(Failure) { try beginIfNeeded() }

    private mutating func beginIfNeeded() throws(Failure) {
        guard !hasBegun else { return }
        hasBegun = true
        if rendering.hasHeader { try line(columns.map { .id($0.name) }) }
    }

    private func line(_ cells: [Cell]) throws(Failure) {
        let fields = cells.map { cell in
            let text = cell.text(rendering.times, now: rendering.now)
            return switch kind {
            case .csv: Escaping.commaSeparated(text, isText: cell.isForeignText)
            case .tsv: Escaping.tabSeparated(text)
            }
        }
        try rendering.output.write(fields.joined(separator: kind == .csv ? "," : "\t") + (kind == .csv ? "\r\n" : "\n"))
    }
}

/// An id a line.
struct IDWriter<Record>: RecordWriter {
    let id: @Sendable (Record) -> String
    let output: Sink

    func write(_ record: Record) throws(Failure) -> Bool {
        try output.writeLine(Escaping.visible(id(record)))
        return true
    }

    func finish(next: String?) throws(Failure) {}
}

/// `header: value` lines, a block a record.
struct VerticalWriter<Record>: RecordWriter {
    let columns: [Column<Record>]
    let rendering: Rendering
    private var count = 0

    init(columns: [Column<Record>], rendering: Rendering) {
        self.columns = columns
        self.rendering = rendering
    }

    mutating func write(_ record: Record) throws(Failure) -> Bool {
        if count > 0 { try rendering.output.writeLine("") }
        count += 1
        if rendering.isNumbered {
            try rendering.output.writeLine(Tone.strong.paint("@\(count)", if: rendering.isColored))
        }
        let width = columns.map(\.name.count).max() ?? 0
        for column in columns {
            let cell = column.cell(record)
            let text = Escaping.visible(cell.text(rendering.times, now: rendering.now))
            let name = column.name + String(repeating: " ", count: width - column.name.count)
            let value = text.isEmpty ? "–" : cell.tone?.paint(text, if: rendering.isColored) ?? text
            try rendering.output.writeLine("\(Tone.faint.paint(name, if: rendering.isColored))  \(value)")
        }
        return true
    }

    func finish(next: String?) throws(Failure) {
        if let next { try rendering.notes.note("more follow: --after \(next)") }
    }
}

extension Array {
    func json<Record>(of record: Record) -> JSON where Element == Column<Record> {
        .object(map { JSON.Member($0.name, $0.cell(record).json) })
    }
}

/// The names of JSON shapes.
enum Schema {
    static func name(_ last: String) -> String { "tokenctl/v1/\(last)" }
}
