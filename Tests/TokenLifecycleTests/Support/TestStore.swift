import Foundation
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// A real store in a folder of its own, removed with all that is in it; its clock stands still until it is moved.
final class TestStore: Sendable {
    let folder: String
    let clock: TestClock
    let masterKey: MasterKeySource
    let store: Store
    let actor = Actor(name: "tester", uid: 1000)

    init(_ algorithm: SignatureAlgorithm? = .es256, at start: Instant = .t0) throws {
        let folder = NSTemporaryDirectory() + "tokenctl-lifecycle-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        self.folder = folder
        clock = TestClock(start)
        masterKey = MasterKeySource(places: [.init(path: folder + "/master.key", isNamed: true)])
        _ = try masterKey.createIfMissing()
        var creation = StoreCreation()
        creation.algorithm = algorithm
        store = try creation.run(at: folder + "/tokens.db", clock: clock.clock, masterKey: masterKey, actor: actor)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var path: String { folder + "/tokens.db" }
    var keySetPath: String { folder + "/tokens.jwks.json" }

    var now: Instant { clock.now }
    func advance(_ duration: Duration) { clock.advance(duration) }

    /// A second connection to the same file, as another process would have.
    func reopened(options: Database.Options = .init()) throws -> Store {
        try Store.open(at: path, options: options, clock: clock.clock, masterKey: masterKey)
    }

    func read<T>(_ body: (StoreReader) throws -> T) throws -> T { try store.read(body) }

    // MARK: Acts, without a console that asks

    @discardableResult
    func run(_ act: some Act) throws -> Report { try store.run(act, as: actor) }

    func preview(_ act: some Act) throws -> Preview { try read { act.preview(try act.decide($0)) } }

    func set(_ policy: String, _ value: String) throws {
        try run(PolicyChange(name: policy, value: value, reason: nil))
    }

    // MARK: Logins

    @discardableResult
    func logIn(_ user: String = "alice", client: String? = nil) throws -> LoggedIn {
        try store.logIn(Login(user: user, client: client), as: actor)
    }

    func logInWithTokens(_ user: String = "alice", client: String? = nil, scope: [String] = []) throws -> LoggedIn {
        var login = Login(user: user, client: client)
        login.withTokens = true
        login.scope = scope
        return try store.logIn(login, as: actor)
    }

    func session(_ login: LoggedIn) throws -> Session { try read { try $0.session(named: login.session.id.text) } }

    func state(_ login: LoggedIn) throws -> SessionState {
        try read { try $0.session(named: login.session.id.text).state(at: $0.now) }
    }

    func family(_ login: LoggedIn) throws -> RefreshFamily {
        try read { try $0.families(of: $0.session(named: login.session.id.text)).only }
    }

    // MARK: Tokens

    func refresh(
        _ token: String?, on store: Store? = nil, client: String? = nil, from ip: String? = nil, scope: [String] = []
    ) throws -> RefreshOutcome {
        var request = RefreshRequest(token: Array((token ?? "").utf8))
        request.client = client
        request.ip = try ip.map { try IPAddress($0) }
        request.scope = scope
        return try (store ?? self.store).refresh(request, as: actor)
    }

    func verify(_ token: String?, at: Instant? = nil, online: Bool = false) throws -> Verdict {
        var expectations = Expectations()
        expectations.at = at
        expectations.online = online
        return try read { try $0.verify(Array((token ?? "").utf8), expectations).verdict }
    }

    /// The claims of one of our tokens, unverified.
    func claims(_ token: String) throws -> JSON { try JWTClaims(payload: CompactJWS(parsing: token).payload).json }

    /// A new access token of a session.
    func issue(session login: LoggedIn) throws -> AccessToken? {
        var request = AccessTokenRequest(user: login.session.user)
        request.session = login.session.id.text
        return try store.issue(request, as: actor)
    }

    /// Signs any claims as the store would have, with the private half of one of its keys.
    func sign(_ claims: JSON, header: [JSON.Member] = [.init("typ", "at+jwt")], kid: String? = nil) throws -> String {
        let kid = try kid ?? signer ?? ""
        return try read { reader in
            let key = try reader.key(named: kid)
            let signer = try JWSSigner(
                algorithm: key.algorithm, privateJWK: reader.keyring.privateJWK(of: key, reader.facts))
            let named: [JSON.Member] = header.contains { $0.name == "kid" } ? [] : [.init("kid", .string(kid))]
            return try signer.sign(protectedHeader: .object(named + header), payload: claims.serialized)
        }
    }

    /// Claims that verify now; `changes` replace members, and a null leaves one out.
    func claims(for user: String = "alice", _ changes: [JSON.Member] = []) throws -> JSON {
        let standard: [JSON.Member] = try read { reader in
            [
                .init("iss", .string(try reader.policies.issuer)), .init("sub", .string(user)),
                .init("aud", .string(try reader.policies.audience)), .init("client_id", "default"),
                .init("iat", .integer(reader.now.seconds)), .init("exp", .integer(reader.now.seconds + 600)),
                .init("jti", "made-by-the-test"),
            ]
        }
        let kept = standard.filter { member in !changes.contains { $0.name == member.name } }
        return .object(kept + changes.filter { $0.value != .null })
    }

    // MARK: Keys

    var signer: String? { get throws { try read { try $0.signingSchedule().signer(at: $0.now)?.key.kid } } }

    var standbys: [String] { get throws { try read { try $0.signingSchedule().standbys(at: $0.now).map(\.kid) } } }

    func keyState(_ kid: String) throws -> KeyState {
        try read { reader in
            try reader.signingSchedule(withGoneKeys: true).state(of: reader.key(named: kid), at: reader.now)
        }
    }

    func key(_ kid: String) throws -> SigningKey { try read { try $0.key(named: kid) } }

    @discardableResult
    func rotate(_ change: (inout KeyRotation.Options) -> Void = { _ in }) throws -> Report {
        var options = KeyRotation.Options()
        change(&options)
        return try run(KeyRotation(options, reason: nil, preparing: store))
    }

    func revocation(
        of kid: String, replacing: Bool = true, _ change: (inout KeyRevocation.Options) -> Void = { _ in }
    ) throws -> KeyRevocation {
        var options = KeyRevocation.Options(.compromised)
        options.replaces = replacing
        change(&options)
        return try KeyRevocation(kid, options, reason: nil, preparing: store)
    }

    @discardableResult
    func revokeKey(
        _ kid: String, replacing: Bool = false, _ change: (inout KeyRevocation.Options) -> Void = { _ in }
    ) throws -> Report {
        try run(revocation(of: kid, replacing: replacing, change))
    }

    /// The kids in the file that verifiers fetch.
    func publishedKids() throws -> [String] {
        let json = try JSON(parsing: InputFile.read(keySetPath, limit: 1 << 20))
        return (json["keys"]?.arrayValue ?? []).compactMap { $0["kid"]?.stringValue }
    }

    /// Past `jwks.max_age + clock.skew`: what was published when this begins is known to every verifier after it.
    /// A second more, as store time runs a millisecond ahead with each write while the clock stands still.
    func waitUntilKeysAreKnown() { advance(.minutes(11) + .seconds(1)) }

    // MARK: The rest

    @discardableResult
    func cleanUp(_ change: (inout Cleanup.Options) -> Void = { _ in }) throws -> Cleanup.Counts {
        var options = Cleanup.Options()
        change(&options)
        return try Cleanup(options).run(store, as: actor).counts
    }

    var clientIDs: [String] { get throws { try read { try $0.clients().items.map(\.client.clientID) } } }

    func count(_ table: SQL) throws -> Int { try read { try $0.sql.value("SELECT count(*) FROM " + table) ?? -1 } }

    /// Changes the file as nobody should: past every operation, audit and store time.
    func tamper(_ statement: SQL) throws {
        _ = try store.database.write { try $0.execute(statement) }
    }

    var auditVerbs: [String] {
        get throws { try read { try $0.auditEvents(descending: false, limit: 1000).items.map(\.verb) } }
    }
}

struct NotExactlyOne: Error { var count: Int }

extension Array {
    /// The only element.
    var only: Element {
        get throws {
            guard count == 1, let first else { throw NotExactlyOne(count: count) }
            return first
        }
    }
}

extension RefreshOutcome {
    struct WasRefused: Error { var why: RefreshRefusal }

    var pair: Refreshed {
        get throws {
            switch self {
            case .refreshed(let pair): return pair
            case .refused(let why): throw WasRefused(why: why)
            }
        }
    }

    var refusal: RefreshRefusal? { if case .refused(let why) = self { why } else { nil } }
}

/// What kind of failure `body` throws; nil where it succeeds.
func failure(_ body: () throws -> Void) throws -> Failure.Kind? {
    do {
        try body()
        return nil
    } catch let failure as Failure {
        return failure.kind
    }
}

extension SecretBytes {
    /// For comparing in a test.
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// SplitMix64: random tests repeat from their seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}
