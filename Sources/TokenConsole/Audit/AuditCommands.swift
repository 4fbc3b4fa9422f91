internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

/// `audit …`
struct AuditCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The record of acts and replays, not of logins: who, what, why",
        subcommands: [AuditList.self, AuditVerify.self])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == AuditEvent {
    static func events() -> Listing {
        Listing(
            schema: "audit.list", id: { String($0.seq) },
            columns: [
                Column("seq", align: .right) { .id(String($0.seq)) },
                Column("at") { .instant($0.at) },
                Column("actor", shrinks: 2) { .text($0.actor.name) },
                Column("uid", .wide, align: .right) { .count($0.actor.uid) },
                Column("verb") { .text($0.verb) },
                Column("target", shrinks: 1) { .text(ifAny: $0.target) },
                Column("reason", shrinks: 0) { .text(ifAny: $0.reason) },
                Column("counts") { event in
                    .text(
                        event.counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
                },
                Column("hash", .jsonOnly) { .text(Base64URL.encode($0.hash)) },
            ])
    }
}

struct AuditVerify: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the chain of audit events: exit 1 if it is broken",
        discussion: """
            Shows edits, deletions and insertions. That the newest events were cut off, or all of them rewritten,
            no chain can show by itself.

            EXAMPLES
              tokenctl audit verify
            """)
    static let result = ResultShape.answer("audit.verify")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let result = try console.store(for: .reading).read { try $0.verifyAudit() }
        if result.broken != nil { console.outcome = .no }
        let head = Base64URL.encode(result.head)
        try console.show(
            "audit.verify",
            [
                .init("intact", .bool(result.broken == nil)), .init("events", .integer(result.events)),
                .init("removed", .integer(result.removed)), .init("head", .string(head)),
                .init("broken_at", result.broken.map { .integer($0.seq) } ?? .null),
                .init("what", result.broken.map { .string($0.what) } ?? .null),
            ],
            lines: [
                result.broken.map { "broken at event \($0.seq): \($0.what)" }
                    ?? "intact: \(result.events.counted("event")), head \(head)"
                    + (result.removed > 0 ? "; the first \(result.removed.grouped) removed, and signed for" : "")
            ])
    }
}
