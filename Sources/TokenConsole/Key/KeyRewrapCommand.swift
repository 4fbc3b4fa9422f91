internal import ArgumentParser
internal import TokenLifecycle

struct KeyRewrapCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap", abstract: "Seal every private key under another master key",
        discussion: """
            Without --new-master-key a new one is made and takes the old one's name; the old one is kept beside it, under its
            id. Tokens and logins are not touched.

            EXAMPLES
              tokenctl key rewrap --reason "yearly" --yes
              tokenctl key rewrap --passphrase --reason CHG-31
              tokenctl key rewrap --new-master-key /run/keys/next --reason CHG-32 --yes
            """)
    static let result = ResultShape.report("key.rewrap")

    @Option(help: ArgumentHelp("The master key in this file", valueName: "file"))
    var newMasterKey: String?

    @Flag(help: "Protect the new master key by a passphrase")
    var passphrase = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        let store = try console.store(for: act.isDryRun ? .reading : .writing)
        let rewrap = try KeyRewrap(
            newPath: newMasterKey.map(Files.absolute), isProtected: passphrase, reason: reason, preparing: store)
        try console.act(rewrap, act)
    }
}
