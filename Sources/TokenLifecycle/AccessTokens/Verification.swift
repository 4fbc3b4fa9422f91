internal import TokenCrypto
package import TokenJOSE

/// What a verification demands beyond what the key and the policies say.
package struct Expectations: Sendable {
    package var issuer: String?
    package var audience: String?
    /// Judge as of this instant instead of now.
    package var at: Instant?
    /// Also ask whether the session of the token is alive.
    package var online = false

    package init() {}
}

/// The ordered checks of one access token. Each is yes or a reason; the verdict is the first no.
package struct Verification: Sendable {
    package var checks: [Check] = []
    package var header: JSON?
    package var payload: JSON?
    package var claims: JWTClaims?
    package var kid: String?

    package var verdict: Verdict {
        for check in checks {
            if case .no(let reason) = check.answer { return .inactive(reason) }
        }
        return .active
    }

    package init(checks: [Check] = []) {
        self.checks = checks
    }

    /// The check that decided, where the token is refused.
    package var refusal: Check? {
        checks.first { if case .no = $0.answer { true } else { false } }
    }

    /// Whether the signature was checked and is good: only then are the claims more than a text.
    package var isSigned: Bool { checks.contains { $0.name == "signature" && $0.answer == .yes } }
}

extension StoreReading {
    /// Checks an access token against this snapshot. Any bytes get a verdict; it throws only where it cannot decide.
    ///
    /// Stops at the first no, or with `exhaustively` asks on: what follows a bad signature is then about the text alone.
    package func verify(
        _ token: [UInt8], _ expectations: Expectations = Expectations(), exhaustively: Bool = false
    ) throws -> Verification {
        var verification = Verification()
        let jws: CompactJWS
        let claims: JWTClaims
        do throws(JOSEError) {
            jws = try CompactJWS(parsing: token)
            verification.header = jws.header
            claims = try JWTClaims(payload: jws.payload)
        } catch {
            verification.checks = [Self.refusal(of: token, error)]
            return verification
        }
        verification.payload = claims.json
        verification.claims = claims
        verification.checks = [.yes("form", "a signed JWT of \(token.count) bytes")]
        var asking = TokenChecks(store: self, jws: jws, claims: claims, expectations: expectations)
        for check in asking.checks {
            let answer = try check(&asking)
            verification.checks.append(contentsOf: answer)
            let refused = answer.contains { if case .no = $0.answer { true } else { false } }
            if refused, !exhaustively { break }
        }
        verification.kid = asking.key?.kid
        return verification
    }
}

extension StoreReading {
    /// Why a text is not an access token; a token of ours of another kind is named.
    fileprivate static func refusal(of token: [UInt8], _ error: JOSEError) -> Check {
        switch OpaqueTokenKind.allCases.first(where: { token.starts(with: $0.rawValue.utf8) }) {
        case .session: .no("form", .wrongKind, "this is a session token")
        case .refresh: .no("form", .wrongKind, "this is a refresh token")
        case nil: .no("form", error.refusesByDesign ? .unsupported : .malformed, error.description)
        }
    }
}

/// The checks one by one; what an earlier one found, a later one uses.
struct TokenChecks<Store: StoreReading> {
    typealias Question = (inout TokenChecks) throws -> [Check]

    let store: Store
    let jws: CompactJWS
    let claims: JWTClaims
    let expectations: Expectations
    var key: SigningKey?

    var at: Instant { expectations.at ?? store.now }
    var skew: Duration { store.policies.clockSkew }

    var checks: [Question] {
        [
            { try $0.findKey() }, { [try $0.keyState()] }, { [try $0.signature()] }, { [$0.type()] }, { $0.times() },
            { [$0.issuer(), $0.audience()] }, { try $0.denials() }, { [try $0.sessionAlive()] },
        ]
    }

    // MARK: Key and signature

    private mutating func findKey() throws -> [Check] {
        if let kid = jws.kid {
            guard !kid.utf8.contains(0), let found = try store.key(kid: kid) else {
                return [.no("key", .unknownKey, "no key of this store has the kid of the token")]
            }
            key = found
        } else {
            // Only for tokens that name no key: an unknown kid never falls back to it.
            key = try store.allKeys().first { $0.answersWithoutKid && $0.removedAt == nil && $0.revokedAt == nil }
            guard key != nil else {
                return [.no("key", .unknownKey, "the token names no key, and no key answers for such")]
            }
        }
        guard let key, jws.alg == key.algorithm.rawValue else {
            return [
                .no(
                    "key", .algorithmMismatch,
                    "the token says \(jws.alg), key \(key?.kid ?? "") is for \(key?.algorithm.rawValue ?? "") alone")
            ]
        }
        return [.yes("key", "\(key.kid), \(key.algorithm.rawValue)")]
    }

    private func keyState() throws -> Check {
        guard let key else { return .skipped("key state", "no key") }
        if let revoked = key.revokedAt, revoked <= at {
            let why = key.revocationCause?.rawValue ?? "no cause given"
            guard var cause = try store.cause("key \(key.kid)", at: revoked) else {
                return .no("key state", .keyRevoked, "revoked \(revoked.rfc3339): \(why)")
            }
            cause.deed = "revoked as \(why)"
            return .no("key state", .keyRevoked, because: cause)
        }
        if let removed = key.removedAt, removed <= at {
            return .no("key state", .keyRemoved, "removed \(removed.rfc3339), after the last token it signed")
        }
        if key.accepted != nil, let last = key.latestExpiry, last + skew < at {
            return .no("key state", .keyExpired, "imported to verify until \(last.rfc3339)")
        }
        return .yes("key state", "in the key set")
    }

    private func signature() throws -> Check {
        guard let key else { return .skipped("signature", "no key") }
        guard key.algorithm.rawValue == jws.alg else { return .skipped("signature", "the algorithm is not the key's") }
        guard !key.algorithm.isSymmetric || key.hasPrivateHalf else {
            return .no("signature", .keyRemoved, "the secret of key \(key.kid) is gone")
        }
        let verifier = try store.keyring.verifier(for: key, of: store.facts)
        return verifier.verify(jws)
            ? .yes("signature", "by key \(key.kid)") : .no("signature", .badSignature, "not by key \(key.kid)")
    }

    // MARK: What the token says

    /// RFC 9068 §2.1 for our own tokens; what an imported key was told to accept for others.
    private func type() -> Check {
        let wanted = key?.accepted.map(\.type) ?? "at+jwt"
        guard let wanted else { return .yes("type", "any is accepted with this key") }
        let actual = jws.typ.map { $0.lowercased() } ?? ""
        let bare = actual.hasPrefix("application/") ? String(actual.dropFirst("application/".count)) : actual
        return bare.isIdentical(to: wanted.lowercased())
            ? .yes("type", wanted) : .no("type", .wrongType, "typ is \(jws.typ ?? "missing"), not \(wanted)")
    }

    private func times() -> [Check] {
        let isOurs = key?.accepted == nil
        var answers: [Check] = []
        if let expiry = claims.exp {
            // RFC 7519 §4.1.4: the current time must be before exp; at it is too late.
            answers.append(
                at < Instant(seconds: expiry)
                    ? .yes("expiry", "until \(Instant(seconds: expiry).rfc3339)")
                    : .no("expiry", .expired, "expired \(Instant(seconds: expiry).rfc3339)"))
        } else if isOurs {
            answers.append(.no("expiry", .missingClaim, "there is no exp"))
        } else {
            answers.append(.yes("expiry", "none; its key verifies until \(key?.latestExpiry?.rfc3339 ?? "")"))
        }
        if let notBefore = claims.nbf, Instant(seconds: notBefore) > at + skew {
            answers.append(.no("not before", .notYetValid, "not before \(Instant(seconds: notBefore).rfc3339)"))
        }
        if let issued = claims.iat {
            answers.append(
                Instant(seconds: issued) <= at + skew
                    ? .yes("issued", Instant(seconds: issued).rfc3339)
                    : .no("issued", .issuedInFuture, "issued \(Instant(seconds: issued).rfc3339), which is to come"))
        } else if isOurs {
            answers.append(.no("issued", .missingClaim, "there is no iat"))
        }
        return answers
    }

    private func issuer() -> Check {
        let wanted = expectations.issuer ?? (key?.accepted.map(\.issuer) ?? store.policies.issuer)
        guard let wanted else { return .yes("issuer", "any is accepted with this key") }
        return claims.iss?.isIdentical(to: wanted) ?? false
            ? .yes("issuer", wanted)
            : .no("issuer", .wrongIssuer, "iss is \(claims.iss ?? "missing"), not \(wanted)")
    }

    private func audience() -> Check {
        let wanted = expectations.audience ?? (key?.accepted.map(\.audience) ?? store.policies.audience)
        guard let wanted else { return .yes("audience", "any is accepted with this key") }
        let actual = claims.aud.isEmpty ? "missing" : claims.aud.joined(separator: ", ")
        return claims.aud.contains { $0.isIdentical(to: wanted) }
            ? .yes("audience", wanted) : .no("audience", .wrongAudience, "aud is \(actual), not \(wanted)")
    }

    // MARK: What the store says

    private func denials() throws -> [Check] {
        let client = claims.clientID ?? key?.accepted?.client
        let values: [(DenyScope, String?, RefusalReason)] = [
            (.everyone, "", .deniedEveryone), (.key, key?.kid, .deniedKey), (.client, client, .deniedClient),
            (.user, claims.sub, .deniedUser), (.session, claims.sid, .deniedSession),
            (.token, claims.jti, .deniedToken),
        ]
        return try values.map { scope, value, reason in
            let name = "denylist: \(scope.rawValue)"
            // Nothing stored contains NUL, so no rule can match such a value.
            guard let value, !value.utf8.contains(0) else { return .skipped(name, "the token names none") }
            if let rule = try store.denyRule(scope, value), rule.createdAt <= at, rule.matches(issuedAt: claims.iat) {
                return .no(name, reason, because: try store.cause(of: rule))
            }
            // Rules are forgotten, floors never. A token without `iat` counts as older than any.
            if let floor = try store.floor(scope, value), floor <= at, (claims.iat ?? .min) <= floor.seconds {
                return .no(name, reason, "what was issued until \(floor.rfc3339) was logged out")
            }
            return .yes(name, "no rule")
        }
    }

    /// Only for tokens of our own keys: a legacy `sid` is not one of our sessions.
    private func sessionAlive() throws -> Check {
        let name = "session alive"
        guard expectations.online else { return .skipped(name, "not asked") }
        guard key?.accepted == nil, let id = claims.sid else {
            return .skipped(name, "the token is not tied to a session")
        }
        guard let row = store.ids.row(of: id, .session), let session = try store.session(row: row) else {
            return .no(name, .sessionUnknown, "no session \(id)")
        }
        return try store.aliveCheck(name, session, at: at)
    }
}
