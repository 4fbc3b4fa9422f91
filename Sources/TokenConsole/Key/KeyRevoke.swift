internal import ArgumentParser
internal import TokenLifecycle

struct KeyRevoke: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a key verify nothing any more; logins live on",
        discussion: """
            EXAMPLES
              tokenctl key revoke 7dQ2xY --cause compromised --replace --dry-run
              tokenctl key revoke 7dQ2xY --cause compromised --replace --reason INC-481
              tokenctl key revoke 7dQ2xY --cause compromised --replace --fresh --revoke-sessions --reason INC-481
            """)
    static let result = ResultShape.report("key.revoke")

    @Argument(help: ArgumentHelp("The kid, or a beginning of at least six characters", valueName: "kid"))
    var kid: String

    @Option(help: ArgumentHelp("compromised, superseded or test", valueName: "cause"))
    var cause: SigningKey.RevocationCause

    @Flag(help: "Let the standby sign at once in its place")
    var replace = false

    @Flag(help: "With --replace: trust no key made before, the standby neither, and make a new one")
    var fresh = false

    @Flag(help: "End every session and refresh token as well")
    var revokeSessions = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        var options = KeyRevocation.Options(cause)
        options.replaces = replace
        options.isFresh = fresh
        options.endsSessions = revokeSessions
        let store = try console.store(for: act.isDryRun ? .reading : .writing)
        try console.act(try KeyRevocation(kid, options, reason: reason, preparing: store), act)
    }
}

extension SigningKey.RevocationCause: ExpressibleByArgument {}

struct KeyRemove: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a key out of the key set, once no token of its can verify",
        discussion: """
            Cleanup does so by itself. Before its time it is refused, with the time.

            EXAMPLES
              tokenctl key remove 7dQ2xY --dry-run
              tokenctl key remove 7dQ2xY --reason "not needed" --yes
            """,
        aliases: ["rm"])
    static let result = ResultShape.report("key.remove")

    @Argument(help: ArgumentHelp("The kid, or a beginning of at least six characters", valueName: "kid"))
    var kid: String

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        try console.act(KeyRemoval(kid, reason: try act.reason(in: console)), act)
    }
}
