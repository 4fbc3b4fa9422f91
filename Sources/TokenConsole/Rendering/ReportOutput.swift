internal import TokenJOSE
package import TokenLifecycle

extension Console {
    /// Shows what an act did: a few lines for people, one object for programs. Sets the outcome to `.partial` when
    /// something failed.
    ///
    /// With `--cron` nothing at all when nothing changed, and one line otherwise.
    package mutating func show(_ report: Report) throws(Failure) {
        if report.failed > 0 { outcome = .partial }
        if globals.isCron, report.changed == 0, report.failed == 0, !report.dryRun { return }
        switch try askedFormat {
        case .json: try output.writeLine(report.json(schema: schema).shownText)
        case .ndjson: for item in report.items { try output.writeLine(item.json.shownText) }
        case .id: for item in report.items { try output.writeLine(Escaping.visible(item.id)) }
        case .csv: try items(report, separator: ",", end: "\r\n") { Escaping.commaSeparated($0, isText: true) }
        case .tsv: try items(report, separator: "\t", end: "\n", Escaping.tabSeparated)
        case .table, .wide, .vertical, nil: try lines(report)
        }
        for warning in report.warnings { try notes.warn(warning) }
    }

    private func lines(_ report: Report) throws(Failure) {
        guard !globals.isQuiet else { return }
        for line in globals.isCron ? report.lines.prefix(1) : report.lines[...] {
            try output.writeLine(Escaping.visible(line))
        }
        guard !globals.isCron else { return }
        for item in report.items where item.outcome == .unchanged || item.outcome == .failed {
            // What the lines have said already is not said again.
            guard let note = item.note, !report.lines.contains(where: { $0.contains(note) }) else { continue }
            try output.writeLine(Escaping.visible("\(item.id) \(item.outcome.rawValue): \(note)"))
        }
    }

    private func items(
        _ report: Report, separator: String, end: String, _ escape: (String) -> String
    ) throws(Failure) {
        if !globals.noHeader { try output.write(["id", "outcome", "note"].joined(separator: separator) + end) }
        for item in report.items {
            let fields = [item.id, item.outcome.rawValue, item.note ?? ""].map(escape)
            try output.write(fields.joined(separator: separator) + end)
        }
    }
}

extension Report {
    /// The shape of every mutation: common members first, the verb's own after them.
    func json(schema: String?) -> JSON {
        .object(
            [
                .schema(schema ?? action),
                JSON.Member("action", .string(action)),
                JSON.Member("dry_run", .bool(dryRun)),
                JSON.Member("matched", .integer(Int64(matched))),
                JSON.Member("changed", .integer(Int64(changed))),
                JSON.Member("unchanged", .integer(Int64(unchanged))),
                JSON.Member("failed", .integer(Int64(failed))),
                JSON.Member("items", .array(items.map(\.json))),
                JSON.Member("still_valid_until", stillValidUntil.map { .string($0.rfc3339) } ?? .null),
                JSON.Member("audit", audit.map(JSON.integer) ?? .null),
            ] + details)
    }
}

extension Report.Item {
    var json: JSON {
        let note = note.map { [JSON.Member("note", .string($0))] } ?? []
        return .object([JSON.Member("id", .string(id)), JSON.Member("outcome", .string(outcome.rawValue))] + note)
    }
}
