internal import ArgumentParser
internal import TokenLifecycle

/// `refresh …`
struct RefreshCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Refresh token families: one a login",
        subcommands: [RefreshList.self, RefreshShow.self, RefreshRevoke.self])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == RefreshFamily {
    static func families(at now: Instant, schema: String = "refresh.list") -> Listing {
        Listing(
            schema: schema, id: { $0.id.text },
            columns: [
                Column("id") { .id($0.id.text) },
                Column("session_id", header: "SESSION") { .id($0.session.id.text) },
                Column("user", shrinks: 1) { .text($0.session.user) },
                Column("client", shrinks: 2) { .text($0.session.client) },
                Column("state") { $0.state(at: now).cell },
                Column("generation", header: "GEN", align: .right) { .count($0.generation) },
                Column("spent_at", header: "REFRESHED") { .instant(ifAny: $0.spentAt) },
                Column("alive_until", header: "UNTIL") { .instant($0.aliveUntil) },
                Column("replayed_at", header: "REPLAYED") { .instant(ifAny: $0.replayedAt) },
                Column("spent_from", .wide) { .text(ifAny: $0.spentFrom.map { "\($0)" }) },
                Column("replayed_from", .wide) { .text(ifAny: $0.replayedFrom.map { "\($0)" }) },
                Column("replays", .wide, align: .right) { .count($0.replays) },
                Column("scope", .wide, shrinks: 0) {
                    .text(ifAny: $0.scope.isEmpty ? nil : $0.scope.joined(separator: " "))
                },
                Column("created_at", .wide, header: "CREATED") { .instant($0.createdAt) },
                Column("absolute_expires_at", .wide, header: "EXPIRES") { .instant($0.session.absoluteExpiry) },
                Column("ended_at", .wide, header: "ENDED") { .instant(ifAny: $0.end?.at) },
                Column("end_reason", .wide, header: "WHY") { .text(ifAny: $0.end?.reason) },
                Column("ended_by", .wide, header: "BY") { .text(ifAny: $0.end?.by) },
            ])
    }
}

extension FamilyState {
    var cell: Cell {
        let tone: Tone =
            switch self {
            case .active: .good
            case .expired: .faint
            case .ended, .loggedOut: .bad
            }
        return .state(rawValue, tone)
    }
}

struct RefreshShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show refresh token families: generation, spent when and from where, replayed",
        discussion: """
            EXAMPLES
              tokenctl refresh show rt_7w3hq0ab
            """,
        aliases: ["get"])
    static let result = ResultShape.records(Listing.families(at: .epoch, schema: "refresh.show"))

    @Argument(help: ArgumentHelp("Family ids, or - to read them from standard input", valueName: "id"))
    var ids: [String]

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let ids = try console.targets(ids)
        let (families, now) = try console.store(for: .reading).read { reader in
            (try ids.map { try reader.family(named: $0) }, reader.now)
        }
        try console.showAll(families, .families(at: now, schema: "refresh.show"))
    }
}
