internal import ArgumentParser
internal import TokenCrypto
internal import TokenJOSE
internal import TokenLifecycle

struct KeyTimelineCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline", abstract: "What every key did, does, and will do if nothing else happens",
        discussion: """
            EXAMPLES
              tokenctl key timeline
              tokenctl key timeline --since 30d --ahead 7d
              tokenctl key timeline --json
            """)
    static let result = ResultShape.answer("key.timeline")

    @Option(help: ArgumentHelp("How far back (90d)", valueName: "dur"), transform: DurationOption.parse)
    var since: Duration = .seconds(90 * 86_400)

    @Option(help: ArgumentHelp("How far ahead (90d)", valueName: "dur"), transform: DurationOption.parse)
    var ahead: Duration = .seconds(90 * 86_400)

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard since + ahead >= .seconds(60), since + ahead <= .seconds(20 * 365 * 86_400) else {
            throw Failure(.usage, "a timeline shows from a minute to 20 years")
        }
        let timeline = try console.store(for: .reading).read { try $0.keyTimeline(since: since, ahead: ahead) }
        switch try console.format(onTerminal: .table) {
        case .json: try console.output.writeLine(timeline.json.shownText)
        case .table, .wide: try draw(timeline, in: console)
        default: try console.list(.spans, timeline.rows)
        }
    }

    private func draw(_ timeline: KeyTimeline, in console: Console) throws(Failure) {
        let width = max(40, console.output.columns ?? 100)
        let drawing = TimelineDrawing(timeline, width: width)
        for line in drawing.lines(isColored: console.isColored(console.output)) { try console.output.writeLine(line) }
    }
}

/// One span of one lane: a row where rows are wanted.
struct TimelineRow: Sendable {
    var lane: KeyTimeline.Lane
    var span: KeyTimeline.Span
}

extension KeyTimeline {
    var rows: [TimelineRow] { lanes.flatMap { lane in lane.spans.map { TimelineRow(lane: lane, span: $0) } } }

    var json: JSON {
        .object([
            .schema("key.timeline"), .init("from", .string(from.rfc3339)), .init("now", .string(now.rfc3339)),
            .init("until", .string(until.rfc3339)), .init("items", .array(lanes.map(\.json))),
        ])
    }
}

extension KeyTimeline.Lane {
    fileprivate var json: JSON {
        let key = key
        func time(_ instant: Instant?) -> JSON { instant.map { .string($0.rfc3339) } ?? .null }
        return .object([
            .init("kid", .string(key.kid)), .init("alg", .string(key.algorithm.rawValue)),
            .init("state", .string(state.rawValue)), .init("created_at", time(key.createdAt)),
            .init("published_at", time(key.publishedAt)), .init("known_at", time(key.knownAt)),
            .init("latest_exp", time(key.latestExpiry)), .init("private_until", time(privateHalfUntil)),
            .init("removed_at", time(key.removedAt)), .init("revoked_at", time(key.revokedAt)),
            .init(
                "spans",
                .array(
                    spans.map { span in
                        .object([
                            .init("phase", .string(span.phase.rawValue)), .init("from", time(span.from)),
                            .init("until", time(span.until)), .init("planned", .bool(span.isPlanned)),
                        ])
                    })),
        ])
    }
}

extension Listing where Record == TimelineRow {
    static let spans = Listing(
        schema: "key.timeline", id: { $0.lane.key.kid },
        columns: [
            Column("kid") { .id($0.lane.key.kid) }, Column("alg") { .text($0.lane.key.algorithm.rawValue) },
            Column("state") { $0.lane.state.cell }, Column("phase") { .text($0.span.phase.rawValue) },
            Column("from") { .instant($0.span.from) }, Column("until") { .instant(ifAny: $0.span.until) },
            Column("planned") { .bool($0.span.isPlanned) },
        ])
}
