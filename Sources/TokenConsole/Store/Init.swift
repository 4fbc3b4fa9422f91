internal import ArgumentParser
internal import TokenCrypto
internal import TokenJOSE
internal import TokenLifecycle
internal import TokenStorage

struct Init: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a database, its master key if there is none, and the first keys",
        discussion: """
            EXAMPLES
              tokenctl init --issuer https://login.example.org --audience api
              tokenctl --db demo.db init --demo
            """)
    static let result = ResultShape.report("init")

    @Option(help: ArgumentHelp("iss of the access tokens", valueName: "iss"))
    var issuer: String?

    @Option(help: ArgumentHelp("aud of the access tokens", valueName: "aud"))
    var audience: String?

    @Option(help: ArgumentHelp("ES256, EdDSA, RS256, PS256 or HS256", valueName: "alg"))
    var alg: SignatureAlgorithm = .es256

    @Flag(help: "Make no signing key")
    var noKey = false

    @Flag(help: "Do nothing if the database is there")
    var ifMissing = false

    @Flag(help: "Protect the new master key by a passphrase")
    var passphrase = false

    @Option(help: ArgumentHelp("Share the files with a group", valueName: "group"))
    var group: String?

    @Flag(help: "Fill it with a believable example")
    var demo = false

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let path = try console.databasePath
        if !console.globals.isReadOnly {
            let source = demo ? console.masterKeySource(ofDemoAt: path) : console.masterKeySource
            StoreCreation.removeAbandoned(at: path, masterKey: source)
        }
        if ifMissing, Files.exists(path) { return try showExisting(path, in: &console) }
        guard !console.globals.isReadOnly else { throw Failure(.notPermitted, "--read-only refuses every act") }
        guard !Files.exists(path) else {
            throw Failure(
                .cannotCreate, "\(path) exists already", hint: "--if-missing leaves it as it is; --db names another",
                target: path)
        }
        var creation = StoreCreation()
        if let issuer { creation.issuer = issuer }
        if let audience { creation.audience = audience }
        creation.algorithm = noKey ? nil : alg
        creation.group = group
        if console.globals.db == nil, console.variable("TOKENCTL_DB") == nil { try Files.makeFolders(above: path) }
        let source = demo ? console.masterKeySource(ofDemoAt: path) : console.masterKeySource
        let newKey = try source.createIfMissing(isProtected: passphrase)
        let store: Store
        do {
            store = try make(creation, at: path, source, in: console)
        } catch  where ifMissing && Files.exists(path) {
            // Somebody else made it meanwhile, which is what was asked for.
            return try showExisting(path, in: &console)
        }
        let (status, jwks) = (try store.status(), try store.read { try $0.policies.keySetFile })
        let absolute = store.database.path
        try store.close()
        var lines = ["database    \(absolute)"]
        if let newKey { lines.append("master key  \(newKey)  (new: keep a copy elsewhere, nothing opens without it)") }
        if let jwks, !noKey { lines.append("key set     \(jwks)") }
        if let signer = status.signer { lines.append("signs       \(signer.kid) (\(signer.algorithm))") }
        if demo {
            lines.append(
                "demo        \(status.liveUsers.counted("user")), \(status.liveSessions.counted("live session"))")
        }
        lines += status.warnings.map { "note        \($0)" }
        try console.show(
            Self.report(status, database: absolute, masterKey: newKey, outcome: .created, lines: lines))
        let places = Self.places(absolute, source, console)
        try console.notes.note(
            demo
                ? "next: \(places)'tokenctl status', 'tokenctl session list', 'tokenctl user show NAME'"
                : "next: 'tokenctl session create --user NAME --with-tokens', 'tokenctl status'")
    }

    /// What a shell must be told, where nothing of it is looked for of itself.
    private static func places(_ database: String, _ key: MasterKeySource, _ console: Console) -> String {
        guard let path = key.places.first?.path, path != console.masterKeySource.places.first?.path else { return "" }
        return "'export TOKENCTL_DB=\(database) TOKENCTL_MASTER_KEY_FILE=\(path)', "
    }

    private func make(
        _ creation: StoreCreation, at path: String, _ source: MasterKeySource, in console: borrowing Console
    ) throws -> Store {
        let (clock, actor) = (console.clock, console.recordedActor)
        return demo
            ? try DemoData.make(at: path, creation: creation, clock: clock, masterKey: source, actor: actor)
            : try creation.run(at: path, clock: clock, masterKey: source, actor: actor)
    }

    /// What is there must be a whole store of ours: opening it and its status say so, or why not.
    private func showExisting(_ path: String, in console: inout Console) throws {
        let store = try console.store(for: .reading)
        try console.show(
            Self.report(
                try store.status(), database: store.database.path, masterKey: nil, outcome: .unchanged,
                lines: ["\(path) is there already"]))
    }

    private static func report(
        _ status: StoreStatus, database: String, masterKey: String?, outcome: Report.Outcome, lines: [String]
    ) -> Report {
        Report(
            action: "init", items: [.init(database, outcome)], lines: lines,
            details: [
                .init("store", .string(status.storeID)), .init("database", .string(database)),
                .init("master_key", masterKey.map(JSON.string) ?? .null),
                .init("kid", status.signer.map { .string($0.kid) } ?? .null),
            ])
    }
}
