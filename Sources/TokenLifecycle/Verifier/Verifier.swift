internal import Synchronization
internal import TokenStorage

/// Verifies access tokens without a visit to the store: keys and deny rules are held in memory.
///
///     let verifier = try await Verifier.open(at: "/var/lib/app/tokens.db")
///     switch verifier.verify(token).verdict {
///     case .active(let claims): …
///     case .inactive(let reason): …
///     case .unavailable: …
///     }
///
/// It looks for changes every `maxStaleness`, also for a database that was replaced or restored. Where it could not read for
/// `failAfter` it answers `unavailable`, never `active`. On other machines it reads a key set and a snapshot instead. Safe to use from any number of tasks and threads; `verify` never waits.
public final class Verifier: Sendable {
    /// What is accepted, and how old knowledge may become. All of it has a standard.
    public struct Options: Sendable {
        /// How often the store, or the files, are looked at for changes: a revocation is known after so long at the latest.
        public var maxStaleness: Duration = .seconds(1)
        /// The age of knowledge beyond which nothing is accepted any more.
        public var failAfter: Duration = .seconds(30)
        /// Replaces the policy `token.audience`.
        public var audience: String?
        /// Replaces the policy `token.issuer`.
        public var issuer: String?
        /// Needed only where an imported HS256 key verifies tokens.
        public var masterKeyFile: String?
        /// Where time comes from; another one only in tests.
        public var clock = Clock.system
        /// Time that no clock setting moves, for ages. A test's stands still.
        var elapsed: @Sendable () -> Duration = { [start = ContinuousClock.now] in ContinuousClock.now - start }

        /// The standards.
        public init() {}
    }

    private struct Held: Sendable {
        var knowledge: HeldKnowledge
        var readAt: Duration
    }

    private let options: Options
    private let expectations: Expectations
    private let source: any Lookout
    private let held: Mutex<Held>
    private let lane = Lane("verifier", limit: 1024)
    private let ticking = Ticking()

    /// Looks once; further only when told.
    init(reading source: any Lookout, _ options: Options) throws {
        try options.check()
        self.options = options
        self.source = source
        var expectations = Expectations()
        expectations.audience = options.audience
        expectations.issuer = options.issuer
        self.expectations = expectations
        // Taken before the read: a commit during it may be missing.
        let readAt = options.elapsed()
        held = Mutex(Held(knowledge: try source.look(since: nil), readAt: readAt))
    }

    /// Reads the store at `path` and goes on looking at it.
    ///
    /// Throws as `TokenStore.open` does; without a first good look there is no verifier.
    public static func open(at path: String, options: Options = Options()) async throws -> Verifier {
        try await open(
            StoreLookout(path: path, masterKeyFile: options.masterKeyFile, clock: options.clock), options)
    }

    /// Reads a key set and a snapshot of the denylist, as `tokenctl key publish` and `tokenctl denylist export` write them, and goes on
    /// looking at both files: for services on other machines. In any format but `txt`, which says less than the store does.
    ///
    /// `thumbprint` is of the identity that must have signed the snapshot, in RFC 7638's form; the export tells it. Once the
    /// snapshot has expired, or one of the files could not be read or trusted for `failAfter`, every verdict is `unavailable`. So it
    /// is for a file that is older than the one before it. Sessions are not known here: asked for one, it is `unavailable` too.
    /// Throws what is wrong with the files at first.
    public static func open(
        keySet: String, denylist: String, trusting thumbprint: String, issuer: String, audience: String,
        options: Options = Options()
    ) async throws -> Verifier {
        let source = FileLookout.Source(
            keySet: keySet, denylist: denylist, thumbprint: thumbprint, issuer: issuer, audience: audience)
        return try await open(FileLookout(source, clock: options.clock), options)
    }

    private static func open(_ source: any Lookout, _ options: Options) async throws -> Verifier {
        let verifier = try await Lane("verifier.open", limit: 1).run { try Verifier(reading: source, options) }
        verifier.ticking.start(every: options.maxStaleness) { [weak verifier] in verifier?.look() }
        return verifier
    }

    deinit { ticking.stop() }

    /// Ends looking. Verdicts become `unavailable` after `failAfter`.
    public func close() async {
        ticking.stop()
        let source = source
        try? await lane.run { source.close() }
    }

    /// The time since the store was last read, or since the snapshot was made.
    public var age: Duration {
        let held = held.withLock { $0 }
        return held.knowledge.age(unreadFor: options.elapsed() - held.readAt)
    }

    /// How many deny rules are held.
    public var ruleCount: Int { held.withLock { $0.knowledge.facts.rules.count } }

    /// Judges a token by what is held in memory, and never waits.
    public func verify(_ accessToken: String) -> VerifierAnswer {
        verify(Array(accessToken.utf8))
    }

    /// Any bytes get an answer.
    public func verify(_ accessToken: [UInt8]) -> VerifierAnswer {
        let held = held.withLock { $0 }
        let unread = options.elapsed() - held.readAt
        let age = held.knowledge.age(unreadFor: unread)
        guard unread <= options.failAfter, !held.knowledge.isExpired else {
            return VerifierAnswer(verdict: .unavailable, age: age)
        }
        guard let (verdict, claims) = try? held.knowledge.judge(accessToken, expectations) else {
            return VerifierAnswer(verdict: .unavailable, age: age)
        }
        if case .inactive(let reason) = verdict { return VerifierAnswer(verdict: .inactive(reason), age: age) }
        guard let claims = AccessClaims(claims) else {
            return VerifierAnswer(verdict: .inactive(.missingClaim), age: age)
        }
        return VerifierAnswer(verdict: .active(claims), age: age)
    }

    /// The same, and then whether the session of the token is alive: one read of the store, for what must not outlive its login
    /// by even a second. A token that is tied to no session of this store is judged as by `verify`.
    public func verify(_ accessToken: String, askingForSession: Bool) async -> VerifierAnswer {
        let answer = verify(accessToken)
        guard askingForSession, let session = answer.claims?.session else { return answer }
        let (source, token, expectations) = (source, Array(accessToken.utf8), expectations)
        let asked = try? await lane.run { try source.refusal(of: session, token, expectations) }
        switch asked {
        case .alive: return VerifierAnswer(verdict: answer.verdict, age: .zero)
        case .refused(let reason): return VerifierAnswer(verdict: .inactive(reason), age: .zero)
        case nil: return VerifierAnswer(verdict: .unavailable, age: answer.age)
        }
    }

    /// Looks for changes now. What was known stays known where that fails; its age tells.
    func look() {
        let before = held.withLock { $0.knowledge }
        // Taken before the read: a commit during it may be missing.
        let readAt = options.elapsed()
        guard let knowledge = try? source.look(since: before) else { return }
        held.withLock { $0 = Held(knowledge: knowledge, readAt: readAt) }
    }
}
