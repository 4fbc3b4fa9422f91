package import TokenLifecycle

extension Console {
    /// How results are written: what was asked for on the command line or by `TOKENCTL_OUTPUT`; nil when nobody asked.
    ///
    /// A word that names no format is `.usage`, wherever it came from.
    package var askedFormat: OutputFormat? {
        get throws(Failure) {
            if let format = globals.format { return format }
            guard let name = variable("TOKENCTL_OUTPUT") else { return nil }
            guard let format = OutputFormat(rawValue: name) else {
                throw Failure(
                    .usage, "TOKENCTL_OUTPUT names no output format: '\(name.prefix(40))'",
                    hint: "formats: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return format
        }
    }

    /// The format of this result: as asked, else `onTerminal` where a person looks and `tsv` elsewhere.
    ///
    /// A table asked for by nobody becomes `vertical` on a terminal too narrow for it.
    package func format(onTerminal: OutputFormat, supported: [OutputFormat] = OutputFormat.allCases)
        throws(Failure) -> OutputFormat
    {
        let asked = try askedFormat
        if let asked, !supported.contains(asked) {
            throw Failure(
                .usage, "this verb does not write \(asked.rawValue)",
                hint: "formats: \(supported.map(\.rawValue).joined(separator: ", "))")
        }
        if let asked { return asked }
        guard output.isTerminal else { return supported.contains(.tsv) ? .tsv : onTerminal }
        let isNarrow = output.columns.map { $0 < 60 } ?? false
        return isNarrow && onTerminal == .table && supported.contains(.vertical) ? .vertical : onTerminal
    }

    /// Shows records as they come. `produce` hands each to `emit` until that answers false, and returns the cursor of the
    /// page after the last one shown, if there is one.
    package mutating func list<Record>(
        _ listing: Listing<Record>, _ options: ListOptions? = nil,
        _ produce: (_ emit: (Record) throws -> Bool) throws -> String?
    ) throws {
        var writer = try writer(listing, options)
        var isEmpty = true
        var rows = listed == nil ? nil : ListedRows(listing)
        let next = try produce { record in
            isEmpty = false
            let isShown = try writer.write(record)
            if isShown { rows?.add(record, listing) }
            return isShown
        }
        try writer.finish(next: next)
        if let rows, listing.isList { listed = rows }
        guard isEmpty, let options else { return }
        if options.failEmpty { outcome = .nothingMatched }
        // A person who sees a heading alone wonders whether it came to an end.
        if output.isTerminal { try notes.note("no \(listing.plural) match") }
    }

    /// Shows records that are all at hand.
    package mutating func list<Record>(
        _ listing: Listing<Record>, _ records: [Record], next: String? = nil, _ options: ListOptions? = nil
    ) throws {
        try list(listing, options) { emit in
            for record in records where try !emit(record) { break }
            return next
        }
    }

    /// Shows how many there are: `--count`.
    package mutating func count(_ count: Int, schema: String, _ options: ListOptions) throws(Failure) {
        switch try askedFormat {
        case .json: try output.writeLine("{\"schema\":\"\(Schema.name(schema))\",\"count\":\(count)}")
        case .ndjson: try output.writeLine("{\"count\":\(count)}")
        default: try output.writeLine(String(count))
        }
        if count == 0, options.failEmpty { outcome = .nothingMatched }
    }

    private func writer<Record>(
        _ listing: Listing<Record>, _ options: ListOptions?
    ) throws(Failure) -> any RecordWriter<Record> {
        let format = try format(onTerminal: .table)
        let columns = try listing.columns(for: format, asked: globals.columns)
        return switch format {
        case .table, .wide:
            TableWriter(
                columns: columns, rendering: rendering(times: .relative, of: listing),
                limit: options?.limit ?? TableWriter<Record>.cap,
                width: format == .table ? output.columns : nil)
        case .vertical: VerticalWriter(columns: columns, rendering: rendering(times: .relative, of: listing))
        case .json: JSONEnvelopeWriter(schema: listing.schema, columns: columns, output: output)
        case .ndjson: NDJSONWriter(columns: columns, output: output)
        case .csv: DelimitedWriter(.csv, columns: columns, rendering: rendering(times: .iso))
        case .tsv: DelimitedWriter(.tsv, columns: columns, rendering: rendering(times: .iso))
        case .id: IDWriter(id: listing.id, output: output)
        }
    }

    private func rendering<Record>(times: TimeStyle, of listing: Listing<Record>) -> Rendering {
        var rendering = rendering(times: times)
        rendering.isNumbered = numbersRows && listing.isList && !globals.noHeader
        return rendering
    }

    func rendering(times: TimeStyle) -> Rendering {
        Rendering(
            output: output, notes: notes, times: globals.time ?? times, now: now, isColored: isColored(output),
            hasHeader: !globals.noHeader)
    }

    func isColored(_ sink: Sink) -> Bool {
        !globals.isCron && globals.color.isOn(for: sink, environment: environment)
    }
}
