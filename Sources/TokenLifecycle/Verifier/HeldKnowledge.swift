internal import TokenJOSE

/// What a `Verifier` knew when it last looked: keys, rules, floors and policies of one snapshot.
///
/// By reference, because a token is verified in less time than it takes to copy this.
final class HeldKnowledge: Sendable, TokenKnowledge {
    struct Facts: Sendable {
        var clock: Clock
        var storeID: String
        var epoch: Int64
        /// The last write that this knowledge includes.
        var lastWriteAt: Instant
        /// When rules were last lifted: a later time means that rules here may be gone.
        var rulesLiftedAt: Instant
        /// Keys, policies and floors change only with an audited act.
        var auditHead: Int64
        var clockSkew: Duration
        var issuer: String
        var audience: String
        var keys: [String: KnownKey]
        var unnamed: KnownKey?
        var floor: Instant?
        var clientFloors: [String: Instant]
        var rules: HeldRules
        /// When it must not be relied on any more, where a snapshot says so.
        var expiresAt: Instant?
    }

    let facts: Facts

    init(_ facts: Facts) {
        self.facts = facts
    }

    var now: Instant { max(facts.clock.now(), facts.lastWriteAt) }
    var clockSkew: Duration { facts.clockSkew }
    var issuer: String { facts.issuer }
    var audience: String { facts.audience }
    var explains: Bool { false }

    var isExpired: Bool { facts.expiresAt.map { $0 <= now } ?? false }

    /// The time since all of this was true: a snapshot was, when it was made; a store, when it was last read.
    func age(unreadFor unread: Duration) -> Duration {
        facts.expiresAt == nil ? unread : max(unread, facts.clock.now() - facts.lastWriteAt)
    }

    func knownKey(kid: String) -> KnownKey? { facts.keys[kid] }

    func knownKeyWithoutKid() -> KnownKey? { facts.unnamed }

    func verifier(for key: KnownKey) throws -> JWSVerifier {
        guard let verifier = key.verifier else {
            throw Failure(.notPermitted, "the secret of key \(key.key.kid) could not be opened", target: key.key.kid)
        }
        return verifier
    }

    func cause(ofRevoking key: SigningKey) throws -> Cause? { nil }

    func denial(_ scope: DenyScope, _ value: String, issuedAt: Int64?, at: Instant) -> Denial? {
        if let rule = facts.rules.rule(scope, value), rule.matches(issuedAt: issuedAt) { return Denial() }
        let floor: Instant?
        switch scope {
        case .everyone: floor = facts.floor
        case .client: floor = facts.clientFloors.isEmpty ? nil : facts.clientFloors[value]
        case .token, .session, .user, .key: floor = nil
        }
        // Rules are forgotten, floors never. A token without `iat` counts as older than any.
        return floor.flatMap { (issuedAt ?? .min) <= $0.seconds ? Denial() : nil }
    }

    /// Whether a session is alive is asked of the store, never of memory.
    func aliveCheck(_ name: String, session id: String, at: Instant) throws -> Check {
        throw Failure(.bug, "asked for a session where none are held")
    }
}
