internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

/// `backup …`
struct BackupCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store while it is in use, prove that the copy is whole, go back to it",
        subcommands: [BackupCreate.self, BackupVerify.self, BackupRestore.self])

    @OptionGroup var global: GlobalOptions
}

struct BackupCreate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Copy the store into a new file, verified before it counts",
        discussion: """
            Beside an application that writes. The file is 0600 and holds what the store holds: sealed keys, hashes of tokens,
            names and addresses. The master key is not in it: without a copy of that, kept elsewhere, no key in it opens.

            EXAMPLES
              tokenctl backup create /var/backups/tokens-2026-11-21.db
            """)
    static let result = ResultShape.answer("backup.create")

    @Argument(help: "The new file") var file: String
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let file = file
        let backup = try console.interruption.protecting { try store.backUp(to: file) }
        try console.show("backup.create", backup.json, lines: ["\(backup.path) holds \(backup.summary)"])
        if backup.opens == nil { try console.notes.note("the sealed keys in it were not tried: no master key") }
    }
}

struct BackupVerify: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read all of a backup: pages, references, the audit chain, sealed keys",
        discussion: """
            Exit 8 where anything is wrong with it. Nothing is laid beside the file.

            EXAMPLES
              tokenctl backup verify /var/backups/tokens-2026-11-21.db
            """)
    static let result = ResultShape.answer("backup.verify")

    @Argument(help: "The backup") var file: String
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let backup = try Backup(verifying: file, clock: console.clock, masterKey: console.masterKeySource)
        try console.show("backup.verify", backup.json, lines: ["\(backup.path) is whole: \(backup.summary)"])
        if backup.opens == nil { try console.notes.note("the sealed keys in it were not tried: no master key") }
    }
}

extension Backup {
    fileprivate var summary: String {
        "store \(storeID), epoch \(epoch), as of \(asOf.rfc3339), \(auditEvents.counted("audit event"))"
    }

    fileprivate var json: [JSON.Member] {
        [
            .init("path", .string(path)), .init("store", .string(storeID)), .init("epoch", .integer(epoch)),
            .init("as_of", .string(asOf.rfc3339)), .init("bytes", .integer(Int64(bytes))),
            .init("audit_events", .integer(auditEvents)), .init("audit_head", .string(Base64URL.encode(auditHead))),
            .init("keys_open", opens.map(JSON.bool) ?? .null),
        ]
    }
}
