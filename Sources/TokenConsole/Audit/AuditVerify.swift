internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct AuditVerify: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the chain of audit events: exit 1 if it is broken",
        discussion: """
            Shows edits, deletions and insertions. That the newest events were cut off, or all of them rewritten,
            no chain can show by itself: a checkpoint kept elsewhere can, by the thumbprint that 'audit checkpoint' names.

            EXAMPLES
              tokenctl audit verify
              tokenctl audit verify --checkpoint monday.jws --trust kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
            """)
    static let result = ResultShape.answer("audit.verify")

    @Option(help: ArgumentHelp("A checkpoint that was kept elsewhere", valueName: "file"))
    var checkpoint: String?

    @Option(help: ArgumentHelp("Thumbprint of the store's identity, known beforehand", valueName: "thumbprint"))
    var trust: String?

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard (checkpoint == nil) == (trust == nil) else {
            throw ValidationError(
                "--checkpoint and --trust go together: a checkpoint proves what its signer is trusted for")
        }
    }

    func run(in console: inout Console) throws {
        let kept = try keptCheckpoint()
        let result = try console.store(for: .reading).read { try $0.verifyAudit(against: kept) }
        if result.broken != nil { console.outcome = .no }
        let head = Base64URL.encode(result.head)
        let seen = kept.map { "; as the checkpoint of \($0.at.rfc3339) saw up to event \($0.size)" } ?? ""
        try console.show(
            "audit.verify",
            [
                .init("intact", .bool(result.broken == nil)), .init("events", .integer(result.events)),
                .init("removed", .integer(result.removed)), .init("head", .string(head)),
                .init("broken_at", result.broken.map { .integer($0.seq) } ?? .null),
                .init("what", result.broken.map { .string($0.what) } ?? .null),
                .init("checkpoint_size", kept.map { .integer($0.size) } ?? .null),
                .init("checkpoint_at", kept.map { .string($0.at.rfc3339) } ?? .null),
            ],
            lines: [
                result.broken.map { "broken at event \($0.seq): \($0.what)" }
                    ?? "intact: \(result.events.counted("event")), head \(head)"
                    + (result.removed > 0 ? "; the first \(result.removed.grouped) removed, and signed for" : "") + seen
            ])
    }

    /// Fails with `.malformed` for what proves nothing: nobody has said anything about the record then.
    private func keptCheckpoint() throws -> AuditCheckpoint? {
        guard let checkpoint, let trust else { return nil }
        let text = try InputFile.read(checkpoint, limit: 16_384)
        do {
            return try AuditCheckpoint(text, trusting: trust)
        } catch {
            throw Failure(
                .malformed, "the checkpoint \(checkpoint) proves nothing: \(error.rawValue)",
                hint: "take another copy of it, and the thumbprint that was noted when it was made", target: checkpoint)
        }
    }
}
