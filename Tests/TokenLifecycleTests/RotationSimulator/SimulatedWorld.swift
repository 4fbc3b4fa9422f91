import Foundation
import TokenJOSE
import TokenStorage
import Testing

@testable import TokenLifecycle

/// One store on a real file, its web server, and what was issued: plays a story, and says what went wrong.
final class SimulatedWorld {
    let test: TestStore
    private let story: Story
    private let fault: PlantedFault?
    private var trueNow = Instant.t0
    private var offset = Duration.zero
    private var tokens: [IssuedToken] = []
    private var versions: [PublishedVersion] = []
    private var revoked: [String: Instant] = [:]
    /// Revoked while the file could not be written: it carries them until it is mended and published, and that was said.
    private var leftInFile: Set<String> = []
    /// By when the report of a revocation says that whoever refetches is safe, by the clock of the store.
    private var saidSafe: [String: Instant] = [:]
    private var early: Set<String> = []
    private var activation: [String: Instant] = [:]
    private var maxAges: [(from: Instant, age: Duration)] = []
    private var isBroken = false
    private var folder: String { test.folder + "/www" }
    private var brokenFolder: String { test.folder + "/www.away" }

    struct Violation: Error, CustomStringConvertible {
        enum Kind: Equatable {
            case rejected, noSigner, noStandby, revokedPublished, revokedHeld, ownVerdict, unexpected, signature
        }
        var kind: Kind
        var description: String
    }

    init(_ story: Story, fault: PlantedFault? = nil) throws {
        self.story = story
        self.fault = fault
        test = try TestStore()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try test.set("jwks.file", folder + "/jwks.json")
        try test.set("clock.skew", story.skew.text)
        try test.set("access.ttl.max", "1h")
        maxAges = [(trueNow, .minutes(10))]
        try test.run(KeyPublication())
        try observe()
    }

    var storeNow: Instant { test.now }

    /// The first violation; nil where all went well.
    static func violation(of story: Story, fault: PlantedFault? = nil) throws -> Violation? {
        do {
            try SimulatedWorld(story, fault: fault).play()
            return nil
        } catch let violation as Violation {
            return violation
        }
    }

    func play() throws {
        for step in story.steps {
            trueNow = trueNow + step.wait
            test.clock.now = trueNow + offset
            try act(step.event)
            try fault?.plant(in: self)
            try observe()
            try checkNow(step.event)
        }
        try checkEveryVerifier()
    }

    // MARK: Events

    private func act(_ event: Story.Event) throws {
        do {
            try perform(event)
        } catch let failure as Failure {
            // A broken web server is said aloud, and what was done before stands; what is refused was not to be done, but a
            // token is never refused: somebody could not log in.
            let isExpected =
                (failure.kind == .refused && !event.issues) || (failure.kind == .cannotCreate && isBroken)
                || (failure.kind == .busy && failure.target == "clock")
            guard isExpected else { throw Violation(kind: .unexpected, description: "\(event): \(failure)") }
        }
    }

    private func perform(_ event: Story.Event) throws {
        switch event {
        case .issue(let lifetime): try issue(lifetime)
        case .issueAtTakeover(let more):
            let takesOver = try test.read { try $0.signingSchedule().pending(at: $0.now)?.takesOver }
            try waitUntil(takesOver, more)
            try issue(.minutes(15))
        case .cleanupAtRemoval(let more):
            let removable = try test.read { reader in
                let schedule = try reader.signingSchedule()
                return try schedule.keys.filter { schedule.state(of: $0, at: reader.now) == .retiring }
                    .map { try reader.removableAfter($0, schedule) }.min()
            }
            try waitUntil(removable.map { $0 + .ms }, more)
            try test.cleanUp { $0.acceptsClock = true }
        case .cron(let age): try cron(age)
        case .cronTwice(let age): try cronTwice(age)
        case .rotate: try test.rotate()
        case .rotateTo(let algorithm): try test.rotate { $0.algorithm = algorithm }
        case .emergency: try noticingEarly { try test.rotate { $0.isEmergency = true } }
        case .fresh: try noticingEarly { try test.rotate { $0.isFresh = true } }
        case .back: try test.run(KeyRollback(reason: nil))
        case .revokeSigner: try revoke(try test.signer)
        case .revokeStandby: try revoke(try test.standbys.first)
        case .revokeRetiring: try revoke(try retiring().first?.kid)
        case .cleanup: try test.cleanUp { $0.acceptsClock = true }
        case .removeAll:
            for key in try retiring() { _ = try? test.run(KeyRemoval(key.kid, reason: nil)) }
        case .publish: try test.run(KeyPublication())
        case .breakPublication:
            guard !isBroken else { return }
            try FileManager.default.moveItem(atPath: folder, toPath: brokenFolder)
            isBroken = true
        case .mendPublication:
            guard isBroken else { return }
            try FileManager.default.moveItem(atPath: brokenFolder, toPath: folder)
            isBroken = false
        case .set(let policy, let value):
            try test.set(policy, value.text)
            if policy == "jwks.max_age" { maxAges.append((trueNow, value)) }
        case .stepClock(let thousandths):
            // Writes at a standing clock take a millisecond of store time each: leave them some room.
            let most = max(0, story.skew.milliseconds / 2 - 100)
            offset = .milliseconds(most * Int64(thousandths) / 1000)
        }
    }

    /// By the clock of the store, so that what happens is as close to the edge as can be.
    private func waitUntil(_ instant: Instant?, _ more: Duration) throws {
        guard let instant, instant > storeNow else { return }
        trueNow = trueNow + (instant - storeNow) + more
        test.clock.now = trueNow + offset
    }

    private func issue(_ lifetime: Duration) throws {
        var request = AccessTokenRequest(user: "alice")
        request.lifetime = lifetime
        let token = try test.store.issue(request, as: test.actor)
        tokens.append(
            IssuedToken(
                number: tokens.count + 1, text: token.text, kid: token.kid, issuedAt: trueNow, expiry: token.expiry))
        if activation[token.kid] == nil {
            activation[token.kid] = try test.read { try $0.signingSchedule().signer(at: $0.now)?.since }
        }
    }

    private func cron(_ age: Duration) throws {
        try test.rotate { $0.ifOlderThan = age }
        try test.cleanUp { $0.acceptsClock = true }
    }

    private func cronTwice(_ age: Duration) throws {
        var options = KeyRotation.Options()
        options.ifOlderThan = age
        let rotations = try (0..<2).map { _ in try KeyRotation(options, reason: nil, preparing: test.store) }
        let before = try test.count("signing_schedule")
        for rotation in rotations { try test.run(rotation) }
        guard try test.count("signing_schedule") <= before + 1 else {
            throw Violation(kind: .unexpected, description: "two crons rotated twice")
        }
    }

    private func revoke(_ kid: String?) throws {
        guard let kid else { return }
        defer {
            // Also where publishing failed afterwards.
            if (try? test.keyState(kid)) == .revoked, revoked[kid] == nil {
                revoked[kid] = trueNow
                for index in tokens.indices where tokens[index].kid == kid { tokens[index].revokedAt = trueNow }
                if isBroken { leftInFile.insert(kid) }
            }
        }
        try noticingEarly { saidSafe[kid] = try test.revokeKey(kid, replacing: true).stillValidUntil }
    }

    /// Remembers a key that this made to sign before every verifier knows it: the acts that may do so say so.
    private func noticingEarly(_ body: () throws -> Void) throws {
        defer {
            if let kid = try? test.signer, let key = try? test.key(kid), key.knownAt.map({ $0 > test.now }) ?? true {
                early.insert(kid)
            }
        }
        try body()
    }

    // MARK: What faults need

    var revokedKids: Set<String> { Set(revoked.keys) }

    func retiring() throws -> [(kid: String, since: Instant)] {
        try test.read { reader in
            let schedule = try reader.signingSchedule()
            return schedule.keys.filter { schedule.state(of: $0, at: reader.now) == .retiring }
                .map { ($0.kid, schedule.successorTookOver($0, at: reader.now) ?? .earliest) }
        }
    }

    /// As no act would: whatever it signed.
    func remove(_ kid: String) throws {
        try test.tamper("UPDATE signing_key SET removed_at = \(storeNow), sealed = NULL WHERE kid = \(kid)")
        if !isBroken { try test.run(KeyPublication()) }
    }

    // MARK: Checks

    /// What the web server serves from now on.
    private func observe() throws {
        let path = (isBroken ? brokenFolder : folder) + "/jwks.json"
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        let kids = PublishedFile(at: path)?.kids ?? []
        let visible = try fault?.visible(kids, in: self) ?? Set(kids)
        leftInFile.formIntersection(visible)
        if let kid = visible.subtracting(leftInFile).first(where: { revoked[$0] != nil }) {
            throw Violation(
                kind: .revokedPublished, description: "\(kid) is revoked, and published at \(trueNow.rfc3339)")
        }
        guard versions.last?.kids != visible else { return }
        if let last = versions.indices.last { versions[last].until = trueNow }
        versions.append(PublishedVersion(from: trueNow, kids: visible, bytes: bytes))
    }

    private func checkNow(_ event: Story.Event) throws {
        guard try test.signer != nil else {
            throw Violation(kind: .noSigner, description: "no key signs after \(event) at \(trueNow.rfc3339)")
        }
        let isWaiting = try test.read { try $0.signingSchedule().pending(at: $0.now) != nil }
        guard try !test.standbys.isEmpty || isWaiting else {
            throw Violation(kind: .noStandby, description: "no key stands by after \(event) at \(trueNow.rfc3339)")
        }
        guard fault == nil else { return }
        // Not the clock: where that was stepped back, the store goes on from its last write.
        let now = try test.read { $0.now }
        for token in tokens.suffix(12) where token.revokedAt != nil || token.expiry > now {
            let verdict = try test.verify(token.text)
            let isRight = token.revokedAt == nil ? verdict == .active : verdict != .active
            guard isRight else {
                throw Violation(
                    kind: .ownVerdict,
                    description:
                        "token \(token.number) of \(token.kid) is \(verdict) after \(event) at \(trueNow.rfc3339)")
            }
        }
    }

    private func checkEveryVerifier() throws {
        for index in versions.indices { versions[index].heldUntil = heldUntil(versions[index]) }
        var excused: [String: Instant] = [:]
        for kid in early { excused[kid] = try test.key(kid).knownAt.map { $0 + story.skew / 2 } ?? .latest }
        let verifiers = EveryVerifier(
            skew: story.skew, versions: versions, early: excused,
            activation: fault == .activationByVerifierClock ? activation : nil)
        for token in tokens {
            if let rejection = verifiers.rejection(of: token) {
                throw Violation(kind: .rejected, description: rejection.description)
            }
        }
        try checkRevocations()
        try checkSignatures()
    }

    /// No verifier that refetches accepts a revoked key for longer than the revocation said. Where its publication failed there
    /// was no such promise.
    private func checkRevocations() throws {
        for (kid, safe) in saidSafe {
            guard let held = versions.last(where: { $0.kids.contains(kid) }), held.heldUntil > safe + story.skew / 2
            else {
                continue
            }
            throw Violation(
                kind: .revokedHeld,
                description:
                    "\(kid) is revoked; verifiers were said to be safe by \(safe.rfc3339), and one holds it until "
                    + held.heldUntil.rfc3339)
        }
    }

    /// A verifier may hold a version from when it fetched it for `max_age`, as it was then.
    private func heldUntil(_ version: PublishedVersion) -> Instant {
        guard version.until < .latest else { return .latest }
        var held = version.from
        for (index, age) in maxAges.enumerated() {
            let end = min(index + 1 < maxAges.count ? maxAges[index + 1].from : .latest, version.until)
            if max(age.from, version.from) <= end { held = max(held, end + age.age) }
        }
        return held
    }

    /// What was published is what verifies: a token's signature by the key of its kid in the bytes that were served then.
    private func checkSignatures() throws {
        for token in tokens.prefix(4) {
            guard let version = versions.last(where: { $0.from <= token.issuedAt && $0.kids.contains(token.kid) }),
                let keys = try JSON(parsing: version.bytes)["keys"]?.arrayValue,
                let json = keys.first(where: { $0["kid"]?.stringValue == token.kid })
            else { continue }
            let jwk = try JWK(parsing: json)
            let algorithm = try #require(jwk.alg)
            let verifier = try JWSVerifier(algorithm: algorithm, jwk: jwk)
            guard verifier.verify(try CompactJWS(parsing: Array(token.text.utf8))) else {
                throw Violation(
                    kind: .signature, description: "token \(token.number) does not verify with what is published")
            }
        }
    }
}
