internal import TokenCrypto
internal import TokenJOSE

/// The checks of an access token, one after the other; what an earlier one found, a later one uses.
///
/// Never copied: counting the references to all that it holds would take longer than most of the checks.
struct TokenChecks<Knowledge: TokenKnowledge>: ~Copyable {
    private let knowledge: Knowledge
    private let jws: CompactJWS
    private let claims: JWTClaims
    private let expectations: Expectations
    private let at: Instant
    private(set) var key: KnownKey?

    init(knowledge: Knowledge, jws: CompactJWS, claims: JWTClaims, expectations: Expectations) {
        self.knowledge = knowledge
        self.jws = jws
        self.claims = claims
        self.expectations = expectations
        at = expectations.at ?? knowledge.now
    }

    /// Hands each answer to `tell` as long as that says to go on.
    mutating func ask(_ tell: (Check) throws -> Bool) throws {
        guard try tell(try findKey()), try tell(try keyState()), try tell(try signature()), try tell(type()),
            try tell(expiry()), try notBefore().map(tell) ?? true, try issued().map(tell) ?? true, try tell(issuer()),
            try tell(audience())
        else { return }
        let client = claims.clientID ?? key?.key.accepted?.client
        guard try tell(try denial(.everyone, "", .deniedEveryone)),
            try tell(try denial(.key, key?.key.kid, .deniedKey)),
            try tell(try denial(.client, client, .deniedClient)),
            try tell(try denial(.user, claims.sub, .deniedUser)),
            try tell(try denial(.session, claims.sid, .deniedSession)),
            try tell(try denial(.token, claims.jti, .deniedToken))
        else { return }
        _ = try tell(try sessionAlive())
    }

    // MARK: Key and signature

    private mutating func findKey() throws -> Check {
        if let kid = jws.kid {
            guard !kid.utf8.contains(0), let found = try knowledge.knownKey(kid: kid) else {
                return no("key", .unknownKey, "no key of this store has the kid of the token")
            }
            key = found
        } else {
            // Only for tokens that name no key: an unknown kid never falls back to it.
            key = try knowledge.knownKeyWithoutKid()
            guard key != nil else {
                return no("key", .unknownKey, "the token names no key, and no key answers for such")
            }
        }
        guard let key, jws.algorithm == key.key.algorithm else {
            let (kid, algorithm) = (key?.key.kid ?? "", key?.key.algorithm.rawValue ?? "")
            return no("key", .algorithmMismatch, "the token says \(jws.alg), key \(kid) is for \(algorithm) alone")
        }
        return yes("key", "\(key.key.kid), \(key.key.algorithm.rawValue)")
    }

    private func keyState() throws -> Check {
        guard let key else { return .skipped("key state", "no key") }
        if let revoked = key.key.revokedAt, revoked <= at {
            let why = key.key.revocationCause?.rawValue ?? "no cause given"
            guard knowledge.explains, var cause = try knowledge.cause(ofRevoking: key.key) else {
                return no("key state", .keyRevoked, "revoked \(revoked.rfc3339): \(why)")
            }
            cause.deed = "revoked as \(why)"
            return .no("key state", .keyRevoked, because: cause)
        }
        if let removed = key.key.removedAt, removed <= at {
            return no("key state", .keyRemoved, "removed \(removed.rfc3339), after the last token it signed")
        }
        if key.isForeign, let last = key.key.latestExpiry, try last + knowledge.clockSkew < at {
            return no("key state", .keyExpired, "imported to verify until \(last.rfc3339)")
        }
        return yes("key state", "in the key set")
    }

    private func signature() throws -> Check {
        guard let key else { return .skipped("signature", "no key") }
        guard key.key.algorithm == jws.algorithm else {
            return .skipped("signature", "the algorithm is not the key's")
        }
        guard !key.key.algorithm.isSymmetric || key.key.hasPrivateHalf else {
            return no("signature", .keyRemoved, "the secret of key \(key.key.kid) is gone")
        }
        return try knowledge.verifier(for: key).verify(jws)
            ? yes("signature", "by key \(key.key.kid)")
            : no("signature", .badSignature, "not by key \(key.key.kid)")
    }

    // MARK: What the token says

    /// RFC 9068 §2.1 for our own tokens; what an imported key was told to accept for others.
    private func type() -> Check {
        let wanted = key?.key.accepted.map(\.type) ?? "at+jwt"
        guard let wanted else { return yes("type", "any is accepted with this key") }
        let isWanted = jws.typ.map { $0.isIdentical(to: wanted) || $0.mediaType.isIdentical(to: wanted.lowercased()) }
        return isWanted ?? false
            ? yes("type", wanted) : no("type", .wrongType, "typ is \(jws.typ ?? "missing"), not \(wanted)")
    }

    private func expiry() -> Check {
        if let expiry = claims.exp {
            // RFC 7519 §4.1.4: the current time must be before exp; at it is too late.
            return at < Instant(seconds: expiry)
                ? yes("expiry", "until \(Instant(seconds: expiry).rfc3339)")
                : no("expiry", .expired, "expired \(Instant(seconds: expiry).rfc3339)")
        }
        guard isForeign else { return no("expiry", .missingClaim, "there is no exp") }
        return yes("expiry", "none; its key verifies until \(key?.key.latestExpiry?.rfc3339 ?? "")")
    }

    private func notBefore() throws -> Check? {
        guard let notBefore = claims.nbf, try Instant(seconds: notBefore) > at + knowledge.clockSkew else { return nil }
        return no("not before", .notYetValid, "not before \(Instant(seconds: notBefore).rfc3339)")
    }

    private func issued() throws -> Check? {
        if let issued = claims.iat {
            return try Instant(seconds: issued) <= at + knowledge.clockSkew
                ? yes("issued", Instant(seconds: issued).rfc3339)
                : no("issued", .issuedInFuture, "issued \(Instant(seconds: issued).rfc3339), which is to come")
        }
        return isForeign ? nil : no("issued", .missingClaim, "there is no iat")
    }

    private func issuer() throws -> Check {
        let wanted = try expectations.issuer ?? (key?.key.accepted.map(\.issuer) ?? knowledge.issuer)
        guard let wanted else { return yes("issuer", "any is accepted with this key") }
        return claims.iss?.isIdentical(to: wanted) ?? false
            ? yes("issuer", wanted)
            : no("issuer", .wrongIssuer, "iss is \(claims.iss ?? "missing"), not \(wanted)")
    }

    private func audience() throws -> Check {
        let wanted = try expectations.audience ?? (key?.key.accepted.map(\.audience) ?? knowledge.audience)
        guard let wanted else { return yes("audience", "any is accepted with this key") }
        guard !claims.aud.contains(where: { $0.isIdentical(to: wanted) }) else { return yes("audience", wanted) }
        let actual = claims.aud.isEmpty ? "missing" : claims.aud.joined(separator: ", ")
        return no("audience", .wrongAudience, "aud is \(actual), not \(wanted)")
    }

    // MARK: What the store says

    private func denial(_ scope: DenyScope, _ value: String?, _ reason: RefusalReason) throws -> Check {
        let name = scope.checkName
        // Nothing stored contains NUL, so no rule can match such a value.
        guard let value, !value.utf8.contains(0) else { return .skipped(name, "the token names none") }
        guard let denial = try knowledge.denial(scope, value, issuedAt: claims.iat, at: at) else {
            return yes(name, "no rule")
        }
        guard let cause = denial.cause else { return no(name, reason, denial.explanation) }
        return .no(name, reason, because: cause)
    }

    /// Only for tokens of our own keys: a legacy `sid` is not one of our sessions.
    private func sessionAlive() throws -> Check {
        let name = "session alive"
        guard expectations.online else { return .skipped(name, "not asked") }
        guard !isForeign, let id = claims.sid else { return .skipped(name, "the token is not tied to a session") }
        return try knowledge.aliveCheck(name, session: id, at: at)
    }

    // MARK: Answers

    /// Whether the token was made by an application whose key was imported; then less is demanded of it.
    private var isForeign: Bool { key?.isForeign ?? false }

    /// Details are for people; where nobody reads them none are made.
    private func yes(_ name: String, _ detail: @autoclosure () -> String) -> Check {
        Check(name: name, answer: .yes, detail: knowledge.explains ? detail() : "")
    }

    private func no(_ name: String, _ reason: RefusalReason, _ detail: @autoclosure () -> String) -> Check {
        Check(name: name, answer: .no(reason), detail: knowledge.explains ? detail() : "")
    }
}

extension DenyScope {
    fileprivate var checkName: String {
        switch self {
        case .token: "denylist: token"
        case .session: "denylist: session"
        case .user: "denylist: user"
        case .client: "denylist: client"
        case .key: "denylist: key"
        case .everyone: "denylist: everyone"
        }
    }
}

extension String {
    /// A `typ` as it is compared: without regard to case, and without the `application/` that may be left out (RFC 7515 §4.1.9).
    fileprivate var mediaType: String {
        let lower = lowercased()
        return lower.hasPrefix("application/") ? String(lower.dropFirst("application/".count)) : lower
    }
}
