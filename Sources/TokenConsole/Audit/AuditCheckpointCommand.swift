internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct AuditCheckpointCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Sign how long the audit chain is and how it ends, to be kept elsewhere",
        discussion: """
            A compact JWS (EdDSA). Keep it, and the thumbprint that is noted with it, where nobody who can write the store
            can: then 'audit verify --checkpoint' finds that the record was cut or rewritten. Needs the master key.

            EXAMPLES
              tokenctl audit checkpoint --out monday.jws
              tokenctl audit checkpoint | ssh elsewhere 'cat >> checkpoints'
            """)
    static let result = ResultShape.fields("audit.checkpoint")

    @Option(help: ArgumentHelp("Write it to this file instead", valueName: "file"))
    var out: String?

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let (made, thumbprint) = try store.read { (try $0.auditCheckpoint(), try $0.identity().thumbprint) }
        if let out {
            try store.keyring.refuseOverwriting(Files.absolute(out))
            // It is no secret: whoever is to keep it must be able to read it.
            try AtomicFile.write(Array(made.text.utf8) + [UInt8(ascii: "\n")], to: out, mode: 0o644)
        }
        let members: [(name: String, cell: Cell)] = [
            ("checkpoint", .text(made.text)), ("path", .text(ifAny: out)), ("thumbprint", .id(thumbprint)),
            ("size", .count(made.verification.events)), ("head", .text(Base64URL.encode(made.verification.head))),
        ]
        // For people and pipes the statement alone, or where it went.
        let isBare = try console.askedFormat.map { [.table, .wide, .vertical].contains($0) } ?? true
        try console.show(
            Fields(
                schema: "audit.checkpoint", id: thumbprint,
                isBare ? [out == nil ? members[0] : members[1]] : members))
        try console.notes.note(
            "\(made.verification.events.counted("event")); check it with --trust \(thumbprint), and note that thumbprint elsewhere"
        )
    }
}
