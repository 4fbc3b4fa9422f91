internal import ArgumentParser
internal import TokenLifecycle

struct DenylistExportCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what is denied, signed, for verifiers elsewhere",
        discussion: """
            Floors are in it as cut-offs. It holds for the policy denylist.max_age, so write it anew more often than that;
            docs/integration.md says how an application uses it.

            EXAMPLES
              tokenctl denylist export --out denylist.ndjson --if-changed
              tokenctl denylist export --format txt --partial
            """)
    static let result = ResultShape.text("denylist.export")

    @Option(help: ArgumentHelp("ndjson, json, csv or txt, a jti a line", valueName: "format"))
    var format: SnapshotFormat = .ndjson

    @Option(help: ArgumentHelp("Write this file, whole or not at all", valueName: "file"))
    var out: String?

    @Flag(help: "Leave a file alone that says the same and holds for half its time still")
    var ifChanged = false

    @Flag(help: "As txt, leave out rules that are not about one token")
    var partial = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard !ifChanged || out != nil else {
            throw Failure(.usage, "--if-changed needs a file", hint: "add --out FILE")
        }
        let export = DenylistExport(format, isPartial: partial)
        let store = try console.store(for: .reading)
        if let out {
            try store.keyring.refuseOverwriting(out)
            if ifChanged, let file = try? InputFile.read(out, limit: SnapshotText.largest),
                try store.read({ try export.isCurrent(file, $0) })
            {
                return try console.notes.note("\(out) is up to date")
            }
        }
        let made = try store.read { try export.make($0) }
        if made.leftOut > 0 { try console.notes.note("\(made.leftOut.counted("rule")) of other scopes left out") }
        let until = Instant(seconds: made.head.expiresAt).rfc3339Seconds
        let told = "to be relied on until \(until); signed by the identity \(made.thumbprint)"
        guard let out else {
            try console.output.write(String(decoding: made.bytes, as: UTF8.self))
            return try console.notes.note("\(made.rules.counted("rule")), \(told)")
        }
        // Names of users are in it: whoever may read it is said by the file that is there, else by its group.
        try AtomicFile.write(made.bytes, to: out, mode: Files.mode(of: out) ?? 0o640)
        try console.notes.note("\(made.rules.counted("rule")) written to \(out), \(told)")
    }
}

extension SnapshotFormat: ExpressibleByArgument {}

struct DenylistImportCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over the rules of an exported denylist",
        discussion: """
            The signature must be this store's, or that of the identity --trust names. Rules are merged: none gets shorter.

            EXAMPLES
              tokenctl denylist import denylist.ndjson --reason "moved from the old machine" --yes
              tokenctl denylist import - --trust kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k --reason INC-481 --yes < other.csv
            """)
    static let result = ResultShape.report("denylist.import")

    @Argument(help: ArgumentHelp("An exported denylist; - reads standard input", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The identity that must have signed it (else this store's)", valueName: "thumbprint"))
    var trust: String?

    @Option(help: ArgumentHelp("stop: take over all or nothing; skip: what can be", valueName: "what"))
    var onError: DenylistImport.OnError = .stop

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let limit = SnapshotText.largest
        let bytes = file == "-" ? try console.input.readAll(limit: limit) : try InputFile.read(file, limit: limit)
        let reason = try act.reason(in: console)
        let snapshot = try SnapshotText(bytes)
        let denials = DenylistImport(snapshot, trusting: trust, onError: onError, reason: reason)
        guard let report = try console.perform(denials, act) else { return }
        if report.failed > 0 { console.outcome = .partial }
        try console.show(report)
    }
}

extension DenylistImport.OnError: ExpressibleByArgument {}
