internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct SessionShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show sessions, each with the story of its login",
        discussion: """
            EXAMPLES
              tokenctl session show ses_4k2m9qdx
              tokenctl session list --user alice -o id | tokenctl session show -
            """,
        aliases: ["get"])
    static let result = ResultShape.records(Listing.stories(at: .epoch))

    @Argument(help: ArgumentHelp("Session ids, or - to read them from standard input", valueName: "id"))
    var ids: [String]

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let ids = try console.targets(ids)
        let (stories, now) = try console.store(for: .reading).read { reader in
            (try reader.sessions(named: ids).map { try reader.story(of: $0) }, reader.now)
        }
        let listing = Listing.stories(at: now)
        let isBlocks = try console.askedFormat.map { $0 == .vertical } ?? console.output.isTerminal
        guard isBlocks, console.globals.columns == nil else { return try console.showAll(stories, listing) }
        for (index, story) in stories.enumerated() {
            if index > 0 { try console.output.writeLine("") }
            try console.showAll([story], listing)
            for line in story.lines { try console.output.writeLine(Escaping.visible(line)) }
        }
    }
}

extension Listing where Record == SessionStory {
    static func stories(at now: Instant) -> Listing {
        let sessions = Listing<Session>.sessions(at: now, schema: "session.show")
        return Listing(
            schema: sessions.schema, id: { sessions.id($0.session) },
            columns: sessions.columns.map { $0.within { $0.session } }
                + [Column("story", .jsonOnly) { .json(.array($0.events.map(\.json))) }])
    }
}

extension SessionStory {
    /// What happened, an event a line, in order.
    fileprivate var lines: [String] {
        let width = events.map(\.name.count).max() ?? 0
        return ["", "story"] + events.map { "  \($0.at.rfc3339)  \($0.name.padded(width))  \($0.id)\($0.detail)" }
    }
}

extension SessionStory.Event {
    fileprivate var name: String { what.rawValue.split(separator: "_").joined(separator: " ") }

    fileprivate var detail: String {
        var text = ""
        if let count { text += ", \(count == 1 ? "once" : "\(count) times")" }
        if let from {
            text += what == .replayed ? ", first from \(from)" : ", \(count ?? 1 > 1 ? "last " : "")from \(from)"
        }
        if let cause { text += ", \(cause.split(separator: "_").joined(separator: " "))" }
        if let by { text += " by \(by)" }
        if let reason { text += ": \(reason)" }
        if let audit { text += " (audit \(audit))" }
        return text
    }

    fileprivate var json: JSON {
        func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
        func number(_ value: Int64?) -> JSON { value.map(JSON.integer) ?? .null }
        return .object([
            .init("at", .string(at.rfc3339)), .init("event", .string(what.rawValue)), .init("id", .string(id)),
            .init("from", text(from.map { "\($0)" })), .init("count", number(count)), .init("cause", text(cause)),
            .init("by", text(by)), .init("reason", text(reason)), .init("audit", number(audit)),
        ])
    }
}
