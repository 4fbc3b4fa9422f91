internal import ArgumentParser
internal import TokenCrypto
internal import TokenJOSE
internal import TokenLifecycle

/// `key …`
struct KeyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Signing keys: rotate, publish, revoke, import",
        subcommands: [
            KeyList.self, KeyShow.self, KeyTimelineCommand.self, KeyGenerate.self, KeyPublish.self, KeyRotate.self,
            KeyRemove.self, KeyRevoke.self, KeyImportCommand.self, KeyExport.self, KeyRewrapCommand.self,
        ])

    @OptionGroup var global: GlobalOptions
}

extension SignatureAlgorithm: ExpressibleByArgument {}

/// A key as it stands at an instant.
struct KeyRecord: Sendable {
    var key: SigningKey
    var state: KeyState
    /// Since when it signs, or from when it will.
    var signsFrom: Instant?
    /// At most how many unexpired tokens it has signed.
    var tokens: Int64
}

extension Listing where Record == KeyRecord {
    static func keys(schema: String = "key.list") -> Listing {
        Listing(
            schema: schema, id: { $0.key.kid },
            columns: [
                Column("kid", shrinks: 0) { .id($0.key.kid) },
                Column("alg") { .text($0.key.algorithm.rawValue) },
                Column("state") { $0.state.cell },
                Column("origin") { .text($0.key.origin.rawValue) },
                Column("created_at", header: "CREATED") { .instant($0.key.createdAt) },
                Column("published_at", header: "PUBLISHED") { .instant(ifAny: $0.key.publishedAt) },
                Column("signs_from", header: "SIGNS FROM") { .instant(ifAny: $0.signsFrom) },
                Column("tokens", align: .right) { .count($0.tokens) },
                Column("latest_exp", header: "LAST TOKEN") { .instant(ifAny: $0.key.latestExpiry) },
                Column("has_private", .wide, header: "PRIVATE") { .bool($0.key.hasPrivateHalf) },
                Column("destroyed_at", .wide, header: "DESTROYED") { .instant(ifAny: $0.key.destroyedAt) },
                Column("removed_at", .wide, header: "REMOVED") { .instant(ifAny: $0.key.removedAt) },
                Column("revoked_at", .wide, header: "REVOKED") { .instant(ifAny: $0.key.revokedAt) },
                Column("revoke_cause", .wide, header: "CAUSE") { .text(ifAny: $0.key.revocationCause?.rawValue) },
                Column("without_kid", .wide) { .bool($0.key.answersWithoutKid) },
                Column("accept_typ", .jsonOnly) { .text(ifAny: $0.key.accepted?.type) },
                Column("accept_iss", .jsonOnly) { .text(ifAny: $0.key.accepted?.issuer) },
                Column("accept_aud", .jsonOnly) { .text(ifAny: $0.key.accepted?.audience) },
                Column("accept_client", .jsonOnly) { .text(ifAny: $0.key.accepted?.client) },
                Column("public_jwk", .jsonOnly) { record in
                    record.key.publicJWK.flatMap { try? JSON(parsing: Array($0.utf8)) }.map(Cell.json) ?? .none
                },
            ])
    }
}

extension KeyState {
    var cell: Cell {
        let tone: Tone =
            switch self {
            case .active: .good
            case .standby: .strong
            case .retiring: .attention
            case .removed: .faint
            case .revoked: .bad
            }
        return .state(rawValue, tone)
    }
}

extension StoreReader {
    func keyRecords() throws -> [KeyRecord] {
        let schedule = try signingSchedule(withGoneKeys: true)
        let signer = schedule.signer(at: now)
        let pending = schedule.pending(at: now)
        return try schedule.keys.map { key in
            let from =
                signer?.key.kid == key.kid ? signer?.since : pending?.key.kid == key.kid ? pending?.takesOver : nil
            return KeyRecord(
                key: key, state: schedule.state(of: key, at: now), signsFrom: from, tokens: try unexpiredTokens(of: key)
            )
        }
    }
}

struct KeyShow: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a key",
        discussion: """
            EXAMPLES
              tokenctl key show 7dQ2xY --json
            """,
        aliases: ["get"])
    static let result = ResultShape.records(Listing.keys(schema: "key.show"))

    @Argument(help: ArgumentHelp("The kid, or a beginning of at least six characters", valueName: "kid"))
    var kid: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let record = try console.store(for: .reading).read { reader -> KeyRecord in
            let key = try reader.key(named: kid)
            guard let record = try reader.keyRecords().first(where: { $0.key.kid == key.kid }) else {
                throw Failure(.notFound, "no key \(kid)", target: kid)
            }
            return record
        }
        try console.show(record, .keys(schema: "key.show"))
    }
}

struct KeyGenerate: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a standby key",
        discussion: """
            EXAMPLES
              tokenctl key generate --alg EdDSA
            """)
    static let result = ResultShape.report("key.generate")

    @Option(help: ArgumentHelp("ES256, EdDSA, RS256, PS256 or HS256 (else the signing key's)", valueName: "alg"))
    var alg: SignatureAlgorithm?

    @Option(help: ArgumentHelp("Its kid (else its thumbprint)", valueName: "kid"))
    var kid: String?

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        let current = try console.store(for: .reading).read {
            try $0.signingSchedule().signer(at: $0.now)?.key.algorithm
        }
        try console.act(try KeyGeneration(alg ?? current ?? .es256, kid: kid, reason: reason), act)
    }
}

struct KeyPublish: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Write the key set for verifiers, and record that they can fetch it",
        discussion: """
            EXAMPLES
              tokenctl key publish
              tokenctl key publish /srv/www/.well-known/jwks.json
            """)
    static let result = ResultShape.report("key.publish")

    @Argument(help: ArgumentHelp("The file (else the policy jwks.file)", valueName: "file"))
    var file: String?

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let reason = try act.reason(in: console)
        try console.act(KeyPublication(path: file.map(Files.absolute), reason: reason), act)
    }
}
