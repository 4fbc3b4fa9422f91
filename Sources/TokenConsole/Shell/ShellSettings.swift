internal import ArgumentParser
internal import TokenLifecycle

/// What `set` changes: how the lines that follow are shown, until told otherwise.
struct ShellSettings {
    static let names = ["output", "time", "columns", "pager"]

    var columns: [String]?
    /// A command line for the shell; empty for none, nil for what the environment says.
    private(set) var pager: String?
    private(set) var isTiming = false

    /// `set NAME VALUE`; `default` takes back what was set. Answers a line to show.
    mutating func set(_ words: [String], in console: inout Console) throws(Failure) {
        guard words.count == 2 else {
            throw Failure(
                .usage, "set takes a name and a value",
                hint: "'set' alone shows what is set; names: \(Self.names.joined(separator: ", "))")
        }
        let value = words[1] == "default" ? nil : words[1]
        switch words[0] {
        case "output":
            try choose(value, among: OutputFormat.allCases.map(\.rawValue))
            // As the environment would say it: a preference, which a verb that knows no formats leaves alone.
            console.environment["TOKENCTL_OUTPUT"] = value
        case "time":
            try choose(value, among: TimeStyle.allCases.map(\.rawValue))
            console.standing.time = value.flatMap(TimeStyle.init(rawValue:))
        case "columns":
            guard let value else {
                columns = nil
                return
            }
            guard let list = ColumnList(argument: value) else {
                throw Failure(.usage, "cannot read '\(value.prefix(40))' as columns", hint: "write a,b or default")
            }
            try Self.check(columns: list.names)
            columns = list.names
        case "pager":
            pager = value.map { $0 == "off" ? "" : $0 == "on" ? "less" : $0 }
        default:
            throw Failure(
                .usage, "there is no setting '\(words[0].prefix(40))'",
                hint: Suggestions.nearest(to: words[0], among: Self.names).map { "did you mean 'set \($0)'" }
                    ?? "settings: \(Self.names.joined(separator: ", "))")
        }
    }

    mutating func toggleTiming() { isTiming.toggle() }

    /// What is set, a line each.
    func lines(_ console: Console) -> [String] {
        let values = [
            console.variable("TOKENCTL_OUTPUT"), console.standing.time?.rawValue, columns?.joined(separator: ","),
            pager.map { $0.isEmpty ? "off" : $0 },
        ]
        return zip(Self.names, values).map { "\($0.padded(8))\($1 ?? "default")" }
    }

    /// The columns for `verb`: those set where it has them all, since each noun has columns of its own.
    func columns(for verb: any ConsoleCommand.Type) -> [String]? {
        guard let columns, columns.allSatisfy(verb.result.columns.contains) else { return nil }
        return columns
    }

    /// Refuses (`.usage`) a name that no listing has.
    static func check(columns names: [String]) throws(Failure) {
        let known = Set(columns(below: Tokenctl.self))
        guard let unknown = names.first(where: { !known.contains($0) }) else { return }
        throw Failure(
            .usage, "no listing has a column \(unknown.prefix(40))",
            hint: Suggestions.nearest(to: unknown, among: known.sorted()).map { "did you mean '\($0)'" })
    }

    private static func columns(below command: any ParsableCommand.Type) -> [String] {
        if let verb = command as? any ConsoleCommand.Type { return verb.result.columns }
        return command.configuration.subcommands.flatMap { columns(below: $0) }
    }

    private func choose(_ value: String?, among choices: [String]) throws(Failure) {
        guard let value, !choices.contains(value) else { return }
        let nearest = Suggestions.nearest(to: value, among: choices).map { "did you mean '\($0)'; " } ?? ""
        throw Failure(
            .usage, "'\(value.prefix(40))' is none of them",
            hint: "\(nearest)\(choices.joined(separator: ", ")) or default")
    }
}
