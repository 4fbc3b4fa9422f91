internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct AuditExport: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the whole record, oldest first, so that others can recompute its chain",
        discussion: """
            Lines of JSON: first what the chain builds on, then every event with its hash. An event's hash is SHA-256 of the
            hash before and the event without its hash in the form of RFC 8785.

            EXAMPLES
              tokenctl audit export > record.ndjson
              tokenctl audit export | grep user.logout
            """)
    static let result = ResultShape.text("audit.export")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let output = console.output
        try console.store(for: .reading).read { store in
            let beginning = try store.auditBeginning()
            let head: [JSON.Member] = [
                .schema("audit.export"), .init("store", .string(store.facts.storeID)),
                .init("epoch", .integer(store.facts.epoch)), .init("at", .string(store.now.rfc3339)),
                .init("after", .integer(beginning.events)), .init("origin", .string(Base64URL.encode(beginning.head))),
            ]
            try output.writeLine(JSON.object(head).shownText)
            try store.eachAuditEvent(AuditFilter(), descending: false) { event, _ in
                let members = event.json.members ?? []
                let hash = JSON.Member("hash", .string(Base64URL.encode(event.hash)))
                try output.writeLine(JSON.object(members + [hash]).shownText)
                return true
            }
        }
    }
}
