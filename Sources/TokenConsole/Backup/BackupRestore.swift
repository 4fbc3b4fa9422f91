internal import ArgumentParser
internal import TokenLifecycle
internal import TokenStorage

/// `backup restore`
struct BackupRestore: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Go back to a backup, and take no revocation back",
        discussion: """
            Over a store that holds together, in one transaction beside an application that uses it: policies, lifted rules and
            lost logins come back, logins made since the backup end, and all that was ended, denied or revoked since stays so.

            Where the database is gone, or cannot be trusted, nobody can tell what was ended since: everyone is logged out, and
            every key is revoked and replaced. --keep-logins and --keep-keys decline that.

            Where no database was, a file of the key set that is there stays as it is: in a drill it is the live store's, and
            after a loss 'tokenctl key publish' writes it.

            Either way the database as it was is kept beside it, and a new epoch begins.

            EXAMPLES
              tokenctl backup restore /var/backups/tokens-2026-11-21.db --dry-run
              tokenctl backup restore tokens-2026-11-21.db --reason INC-31 --yes --confirm tokens-2026-11-21.db
            """)
    static let result = ResultShape.report("backup.restore")

    @Argument(help: "The backup") var file: String

    @Flag(help: "End no login, also where one may have been ended since the backup")
    var keepLogins = false

    @Flag(help: "Revoke no key, though one may have been revoked since the backup")
    var keepKeys = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        var options = RestoreOptions()
        options.keepsLogins = keepLogins
        options.keepsKeys = keepKeys
        options.reason = try act.reason(in: console)
        var connection = Database.Options()
        connection.lockTimeout = console.globals.lockTimeout
        let preparation = try RestorePreparation(
            from: file, over: console.databasePath, options: connection, clock: console.clock,
            masterKey: console.masterKeySource)
        defer { preparation.end() }
        if case .sound = preparation.present {
            let merging = RestoreMerging(preparation, options)
            let store = try console.store(for: act.isDryRun ? .reading : .writing)
            let report = try Failure.translating {
                try store.database.attaching(merging.besidePath) { try console.perform(merging, act) }
            }
            if let report { try console.show(report) }
        } else {
            let draft = try preparation.openDraft()
            defer { try? draft.close() }
            try console.act(try RestoreReplacing(preparation, options, in: draft), act, on: draft)
        }
    }
}
