internal import TokenJOSE
internal import TokenLifecycle

extension Console {
    /// Shows one object: a block of lines for people, one JSON object with its schema for programs.
    ///
    /// Verbs whose grammar takes several ids (`ID…`) show a listing instead, also for one: the shape follows the verb,
    /// never the count.
    package func show<Record>(_ record: Record, _ listing: Listing<Record>) throws {
        let format = try format(onTerminal: .vertical)
        let columns = try listing.columns(for: format, asked: globals.columns)
        guard format == .json else {
            try write(record, listing, columns, format)
            return
        }
        guard case .object(let members) = columns.json(of: record) else { return }
        try output.writeLine(JSON.object([.schema(listing.schema)] + members).shownText)
    }

    private func write<Record>(
        _ record: Record, _ listing: Listing<Record>, _ columns: [Column<Record>], _ format: OutputFormat
    ) throws(Failure) {
        var writer: any RecordWriter<Record> =
            switch format {
            case .vertical: VerticalWriter(columns: columns, rendering: rendering(times: .relative))
            case .table, .wide:
                TableWriter(
                    columns: columns, rendering: rendering(times: .relative), limit: 1,
                    width: format == .table ? output.columns : nil)
            case .csv: DelimitedWriter(.csv, columns: columns, rendering: rendering(times: .iso))
            case .tsv: DelimitedWriter(.tsv, columns: columns, rendering: rendering(times: .iso))
            case .json, .ndjson: NDJSONWriter(columns: columns, output: output)
            case .id: IDWriter(id: listing.id, output: output)
            }
        _ = try writer.write(record)
        try writer.finish(next: nil)
    }
}

extension JSON.Member {
    static func schema(_ last: String) -> JSON.Member { JSON.Member("schema", .string(Schema.name(last))) }
}
