internal import ArgumentParser
internal import TokenCrypto
internal import TokenLifecycle

struct KeyImportCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Let keys of an existing application verify its tokens",
        discussion: """
            EXAMPLES
              tokenctl key import jwks.json --until 2027-01-01 --reason migration --yes
              tokenctl key import secret.txt --secret-format text --kid legacy --also-without-kid \\
                --client legacy-app --until 2027-01-01 --reason migration --yes
            """)
    static let result = ResultShape.report("key.import")

    @Argument(help: ArgumentHelp("A JWK, JWKS, PEM or raw secret; - reads standard input", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Its kid here", valueName: "kid"))
    var kid: String?

    @Option(help: ArgumentHelp("A raw secret, written as text, base64url, hex or binary", valueName: "format"))
    var secretFormat: SigningKeyImport.SecretFormat?

    @Flag(help: "Accept a secret under 256 bits")
    var weak = false

    @Flag(help: "A private key that may sign here later")
    var standby = false

    @Flag(help: "With --standby: it has not signed anything yet")
    var unused = false

    @Option(
        help: ArgumentHelp("The latest exp of the application's tokens", valueName: "time"), transform: TimeOption.parse
    )
    var until: TimeExpression?

    @Flag(help: "It also answers for tokens that name no key")
    var alsoWithoutKid = false

    @Option(help: ArgumentHelp("typ its tokens must have", valueName: "typ"))
    var typ: String?

    @Option(help: ArgumentHelp("iss its tokens must have", valueName: "iss"))
    var iss: String?

    @Option(help: ArgumentHelp("aud its tokens must have", valueName: "aud"))
    var aud: String?

    @Option(help: ArgumentHelp("The client of tokens without client_id", valueName: "client"))
    var client: String?

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        var options = SigningKeyImport.Options()
        options.kid = kid
        options.accepted = AcceptedTokens(type: typ, issuer: iss, audience: aud, client: client)
        options.until = until?.resolved(at: console.now, .fromNow)
        options.standsBy = standby
        options.isUnused = unused
        options.answersWithoutKid = alsoWithoutKid
        options.allowsWeak = weak
        options.secretFormat = secretFormat
        let limit = 1 << 20
        let bytes = file == "-" ? try console.input.readAll(limit: limit) : try InputFile.read(file, limit: limit)
        let reason = try act.reason(in: console)
        try console.act(try SigningKeyImport(SecretBytes(copying: bytes), options, reason: reason), act)
    }
}

extension SigningKeyImport.SecretFormat: ExpressibleByArgument {}

/// `key export …`
struct KeyExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export public keys, or with --private one private key",
        subcommands: [KeyExportJWKS.self, KeyExportPEM.self])

    @OptionGroup var global: GlobalOptions
}

struct KeyExportJWKS: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwks", abstract: "Write the key set that verifiers need, never a secret",
        discussion: """
            EXAMPLES
              tokenctl key export jwks > jwks.json
              tokenctl key export jwks --out jwks.json
            """)
    static let result = ResultShape.text("key.export.jwks")

    @Option(help: ArgumentHelp("Write this file, whole or not at all", valueName: "file"))
    var out: String?

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let set = try store.read { try $0.keySet() }
        guard let out else { return try console.output.write(String(decoding: set.bytes, as: UTF8.self)) }
        try store.keyring.refuseOverwriting(out)
        try AtomicFile.write(set.bytes, to: out, mode: 0o644)
        try console.notes.note("\(set.kids.count.counted("key")) written to \(out)")
    }
}

struct KeyExportPEM: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "pem", abstract: "Write one key as PEM",
        discussion: """
            EXAMPLES
              tokenctl key export pem 7dQ2xY
              tokenctl key export pem 7dQ2xY --private --out key.pem --reason "moving to the HSM"
            """)
    static let result = ResultShape.text("key.export.pem")

    @Argument(help: ArgumentHelp("The kid, or a beginning of at least six characters", valueName: "kid"))
    var kid: String

    @Flag(name: .customLong("private"), help: "The private half, without a passphrase; needs --out")
    var isPrivate = false

    @Option(help: ArgumentHelp("Write this file, whole or not at all", valueName: "file"))
    var out: String?

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard isPrivate else { return try exportPublic(in: &console) }
        guard let out else {
            throw Failure(
                .usage, "a private key is not written to standard output", hint: "name a new file with --out")
        }
        try console.act(
            PrivateKeyExport(kid, to: Files.absolute(out), reason: try act.reason(in: console)), act)
    }

    private func exportPublic(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let pem = try store.read { try $0.publicPEM(named: kid) }
        guard let out else { return try console.output.write(pem) }
        try store.keyring.refuseOverwriting(out)
        try AtomicFile.write(Array(pem.utf8), to: out, mode: 0o644)
        try console.notes.note("the public half of \(kid) is in \(out)")
    }
}
