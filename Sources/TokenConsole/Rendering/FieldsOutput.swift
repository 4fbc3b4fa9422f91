internal import TokenJOSE
package import TokenLifecycle

/// What a verb gives that is no record of the store: tokens just made, a verdict, a policy's value.
package struct Fields: Sendable {
    package let schema: String
    package let members: [(name: String, cell: Cell)]
    /// What `-o id` prints.
    package let id: String?

    package init(schema: String, id: String? = nil, _ members: [(name: String, cell: Cell)]) {
        self.schema = schema
        self.id = id
        self.members = members
    }
}

extension Console {
    /// Writes fields: alone, the bare value; several, `name=value` a line; in JSON under the same names.
    ///
    /// This is how secrets leave the program: once, on standard output, with everything else on standard error.
    package func show(_ fields: Fields) throws(Failure) {
        let present = fields.members.filter { $0.cell != .none }
        switch try askedFormat {
        case .json: try output.writeLine(JSON.object([.schema(fields.schema)] + json(fields)).shownText)
        case .ndjson: try output.writeLine(JSON.object(json(fields)).shownText)
        case .id:
            guard let id = fields.id else { throw Failure(.usage, "this verb does not write id") }
            try output.writeLine(Escaping.visible(id))
        case .csv: try delimited(fields, separator: ",", end: "\r\n") { Escaping.commaSeparated($0, isText: $1) }
        case .tsv:
            try delimited(fields, separator: "\t", end: "\n") { text, _ in Escaping.tabSeparated(text) }
        case .table, .wide, .vertical, nil:
            for (name, cell) in present {
                let text = Escaping.visible(cell.text(globals.time ?? .iso, now: now))
                try output.writeLine(present.count == 1 ? text : "\(name)=\(text)")
            }
        }
    }

    private func json(_ fields: Fields) -> [JSON.Member] {
        fields.members.map { JSON.Member($0.name, $0.cell.json) }
    }

    private func delimited(
        _ fields: Fields, separator: String, end: String, _ escape: (String, Bool) -> String
    ) throws(Failure) {
        if !globals.noHeader {
            try output.write(fields.members.map(\.name).joined(separator: separator) + end)
        }
        let texts = fields.members.map { escape($0.cell.text(globals.time ?? .iso, now: now), $0.cell.isForeignText) }
        try output.write(texts.joined(separator: separator) + end)
    }
}
