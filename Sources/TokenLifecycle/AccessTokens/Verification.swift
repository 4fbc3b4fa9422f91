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

extension TokenKnowledge {
    /// Checks an access token against what is known. Any bytes get a verdict; it throws only where it cannot decide.
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
        var asking = TokenChecks(knowledge: self, jws: jws, claims: claims, expectations: expectations)
        try asking.ask { check in
            verification.checks.append(check)
            return exhaustively || !check.isNo
        }
        verification.kid = asking.key?.key.kid
        return verification
    }

    /// The verdict alone, with the claims of a token that has any: nothing is said about why.
    func judge(
        _ token: [UInt8], _ expectations: Expectations
    ) throws -> (verdict: Verdict, claims: JWTClaims?) {
        let jws: CompactJWS
        let claims: JWTClaims
        do throws(JOSEError) {
            jws = try CompactJWS(parsing: token)
            claims = try JWTClaims(payload: jws.payload)
        } catch {
            guard case .no(let reason) = Self.refusal(of: token, error).answer else {
                return (.inactive(.malformed), nil)
            }
            return (.inactive(reason), nil)
        }
        var verdict = Verdict.active
        var asking = TokenChecks(knowledge: self, jws: jws, claims: claims, expectations: expectations)
        try asking.ask { check in
            guard case .no(let reason) = check.answer else { return true }
            verdict = .inactive(reason)
            return false
        }
        return (verdict, claims)
    }

    /// Why a text is not an access token; a token of ours of another kind is named.
    private static func refusal(of token: [UInt8], _ error: JOSEError) -> Check {
        if let mistake = pastingMistake(token) { return .no("form", .malformed, mistake) }
        return refusal(ofKind: token, error)
    }

    private static func refusal(ofKind token: [UInt8], _ error: JOSEError) -> Check {
        switch OpaqueTokenKind.allCases.first(where: { token.starts(with: $0.rawValue.utf8) }) {
        case .session: .no("form", .wrongKind, "this is a session token")
        case .refresh: .no("form", .wrongKind, "this is a refresh token")
        case nil: .no("form", error.refusesByDesign ? .unsupported : .malformed, error.description)
        }
    }
}

/// What was copied along with a token, or instead of one.
private func pastingMistake(_ text: [UInt8]) -> String? {
    let words = text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    let first = words.first.map { String(decoding: $0, as: UTF8.self).lowercased() }
    if first == "authorization:" { return "it is a whole Authorization header: only the token belongs here" }
    // RFC 9110 §11.1: the name of the scheme is case-insensitive.
    if first == "bearer" { return "it starts with 'Bearer': leave that word out" }
    if words.count > 1, words.allSatisfy({ $0.contains(UInt8(ascii: ".")) }) {
        return "it is \(words.count) tokens: 'tokenctl token verify - --lines' reads one a line"
    }
    return nil
}
