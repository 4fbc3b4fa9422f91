internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

/// `audit …`
struct AuditCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The record of acts and replays, not of logins: who, what, why",
        subcommands: [
            AuditList.self, AuditVerify.self, AuditCheckpointCommand.self, AuditExport.self,
        ])

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
