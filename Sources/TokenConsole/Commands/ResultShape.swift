internal import TokenLifecycle

/// What a verb writes, known before it runs: a format or a column that it does not have is refused before anything is
/// done, and docs/output.md is held against it.
package struct ResultShape: Sendable {
    package enum Form: Sendable {
        /// Records, one or many, with columns to choose from.
        case records
        /// What an act did.
        case report
        /// What was made, or a value: the members of one object.
        case fields
        /// Secrets that are shown this once: fields, and never only an id, which would lose them.
        case secrets
        /// An answer in sentences for people, one object for programs.
        case answer
        /// A text of its own that no format changes: a key set, a script.
        case text
        /// What the commands it runs write, each in its own form.
        case lines
    }

    package let form: Form
    /// The schema's last part: `session.list`.
    package let schema: String
    /// JSON names, of records only.
    package let columns: [String]

    package static func records<Record>(_ listing: Listing<Record>) -> ResultShape {
        ResultShape(form: .records, schema: listing.schema, columns: listing.columns.map(\.name))
    }

    package static func report(_ schema: String) -> ResultShape { .init(form: .report, schema: schema, columns: []) }
    package static func fields(_ schema: String) -> ResultShape { .init(form: .fields, schema: schema, columns: []) }
    package static func secrets(_ schema: String) -> ResultShape { .init(form: .secrets, schema: schema, columns: []) }
    package static func answer(_ schema: String) -> ResultShape { .init(form: .answer, schema: schema, columns: []) }
    package static func text(_ schema: String) -> ResultShape { .init(form: .text, schema: schema, columns: []) }

    package static func lines(_ schema: String) -> ResultShape { .init(form: .lines, schema: schema, columns: []) }

    /// Whether a program can rely on members of its own.
    package var hasSchema: Bool { form != .text && form != .lines }

    package var formats: [OutputFormat] {
        switch form {
        case .records, .report, .fields, .lines: OutputFormat.allCases
        case .answer, .secrets: OutputFormat.allCases.filter { $0 != .id }
        case .text: []
        }
    }

    /// Refuses (`.usage`) what was asked for and is not there. A format that only the environment prefers changes no text.
    func check(_ console: Console) throws(Failure) {
        let asked = form == .text ? console.globals.format : try console.askedFormat
        if let asked, !formats.contains(asked) {
            throw Failure(
                .usage, "this verb does not write \(asked.rawValue)",
                hint: formats.isEmpty
                    ? "leave --output and --json out" : "formats: \(formats.map(\.rawValue).joined(separator: ", "))")
        }
        guard let names = console.globals.columns, form != .lines else { return }
        guard form == .records else { throw Failure(.usage, "this verb has no columns", hint: "leave --columns out") }
        if let unknown = names.first(where: { !columns.contains($0) }) {
            let nearest = Suggestions.nearest(to: unknown, among: columns)
            throw Failure(
                .usage, "no column \(unknown.prefix(40))",
                hint: nearest.map { "did you mean '\($0)'" } ?? "columns: \(columns.joined(separator: ", "))")
        }
    }
}
