internal import ArgumentParser
internal import TokenCrypto
internal import TokenLifecycle

struct KeyRotate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Promote the standby key and make the next; nobody is logged out",
        discussion: """
            The standby takes over as soon as every verifier knows it. Run it daily with --if-older-than: it does nothing until
            that much time has passed, and makes up for a publication that failed.

            EXAMPLES
              tokenctl key rotate --if-older-than 30d --cron
              tokenctl key rotate --dry-run
              tokenctl key rotate --from 7dQ2xY --reason CHG-12
              tokenctl key rotate --emergency --reason INC-481
              tokenctl key rotate --back --reason "verifiers reject the new key"
            """)
    static let result = ResultShape.report("key.rotate")

    @Option(
        help: ArgumentHelp("Only if the key has signed for so long", valueName: "dur"), transform: DurationOption.parse)
    var ifOlderThan: Duration?

    @Option(help: ArgumentHelp("Only if this key signs", valueName: "kid"))
    var from: String?

    @Option(help: ArgumentHelp("Promote this standby", valueName: "kid"))
    var to: String?

    @Option(help: ArgumentHelp("Rotate to a key of this algorithm", valueName: "alg"))
    var alg: SignatureAlgorithm?

    @Flag(help: "Sign at once, even if verifiers may not know the key yet")
    var emergency = false

    @Flag(help: "Trust no key made before, the standby neither: a new one signs at once")
    var fresh = false

    @Flag(help: "Take the last promotion back")
    var back = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        if back {
            guard ifOlderThan == nil, from == nil, to == nil, alg == nil, !emergency, !fresh else {
                throw Failure(.usage, "--back stands alone: it only undoes")
            }
            return try console.act(KeyRollback(reason: reason), act)
        }
        var options = KeyRotation.Options()
        options.ifOlderThan = ifOlderThan
        options.from = from
        options.to = to
        options.algorithm = alg
        options.isEmergency = emergency
        options.isFresh = fresh
        let store = try console.store(for: act.isDryRun ? .reading : .writing)
        try console.act(try KeyRotation(options, reason: reason, preparing: store), act)
    }
}
