internal import TokenJOSE
internal import TokenLifecycle

extension Console {
    /// Shows an answer: `lines` for a person, its members for a program.
    func show(_ schema: String, _ members: [JSON.Member], lines: [String]) throws(Failure) {
        let format = try askedFormat
        switch format {
        case .table, .wide, .vertical, nil:
            for line in lines { try output.writeLine(Escaping.visible(line)) }
        default:
            try show(Fields(schema: schema, members.map { ($0.name, Cell($0.value)) }))
        }
    }
}

extension Cell {
    /// A member of an answer, for the formats that know no JSON.
    init(_ json: JSON) {
        self =
            switch json {
            case .null: .none
            case .string(let text): .text(text)
            case .integer(let number): .count(number)
            case .bool(let bool): .bool(bool)
            case .number, .array, .object: .json(json)
            }
    }
}
