internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// What a text is, and every check with its answer. Never an oracle: of a secret that does not match, nothing is told.
package struct Inspection: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case accessToken = "access_token"
        case sessionToken = "session_token"
        case refreshToken = "refresh_token"
        /// A JWT that no key of this store answers for.
        case jwt
        /// An encrypted token (RFC 7516).
        case jwe
        /// A token in the JSON serialization (RFC 7515 §7.2, RFC 7516 §7.2).
        case joseJSON = "jose_json"
        case paseto, saml, fernet
        /// A public id of ours: it names something and opens nothing.
        case id
        /// A key where a token was expected.
        case key
        /// A line of an HTTP message around a token.
        case header
        /// Another product's credential, told by how it begins.
        case credential
        case unknown
    }

    package var kind: Kind
    /// What it is, for a person: "access token (JWT, ES256)".
    package var what: String
    package var verification: Verification
    package var session: Session?
    package var family: RefreshFamily?

    init(_ kind: Kind, _ what: String, _ verification: Verification) {
        self.kind = kind
        self.what = what
        self.verification = verification
    }
}

extension StoreReading {
    /// Looks at any text, and changes nothing by it.
    package func inspect(_ token: [UInt8], _ expectations: Expectations = Expectations()) throws -> Inspection {
        let opaque: OpaqueToken
        do {
            opaque = try OpaqueToken(token)
        } catch .otherPrefix {
            if let foreign = ForeignText(token, ids) { return foreign.inspection }
            return try inspectJWT(token, expectations)
        } catch {
            return Self.damaged(token, error)
        }
        return opaque.kind == .session ? try inspectSession(opaque) : try inspectRefresh(opaque)
    }

    private static func damaged(_ token: [UInt8], _ refusal: OpaqueToken.Refusal) -> Inspection {
        let isSession = token.starts(with: OpaqueTokenKind.session.rawValue.utf8)
        let why =
            refusal == .wrongLength
            ? "it is cut or has something added" : "a character is mistyped: the checksum does not match"
        return Inspection(
            isSession ? .sessionToken : .refreshToken, isSession ? "session token, damaged" : "refresh token, damaged",
            Verification(checks: [.no("form", .malformed, why)]))
    }

    private func inspectJWT(_ token: [UInt8], _ expectations: Expectations) throws -> Inspection {
        var verification = try verify(token, expectations, exhaustively: true)
        // What is refused before its claims are read is shown all the same, unverified.
        if verification.claims == nil, let text = ReadableJWT(token) {
            verification.header = text.header
            verification.payload = text.claims
            return Inspection(.jwt, text.name, verification)
        }
        guard let header = verification.header else {
            return Inspection(.unknown, ForeignText.guess(token), verification)
        }
        guard verification.kid != nil else {
            return Inspection(.jwt, ReadableJWT(header: header, claims: verification.payload).name, verification)
        }
        return Inspection(.accessToken, "access token (JWT, \(header["alg"]?.stringValue ?? ""))", verification)
    }

    private func inspectSession(_ token: OpaqueToken) throws -> Inspection {
        let form = Check.yes("form", "a session token, checksum right")
        guard let session = try session(holding: token) else {
            return Inspection(
                .sessionToken, "session token, not of this store",
                Verification(checks: [form, .no("secret", .unknownToken, "no session has this token")]))
        }
        var inspection = Inspection(
            .sessionToken, "session token",
            Verification(checks: [
                form, .yes("secret", "the token of \(session.id), user \(session.user)"),
                try aliveCheck("alive", session, at: now),
            ]))
        inspection.session = session
        return inspection
    }

    private func inspectRefresh(_ token: OpaqueToken) throws -> Inspection {
        var checks = [Check.yes("form", "a refresh token, checksum right")]
        let row = ids.restored(token.id, .family)
        let generation = Int64(token.generation)
        let secrets = RefreshSecrets(facts, family: row)
        guard ConstantTime.equal(token.tag, secrets.tag(generation)), let family = try family(row: row),
            (1...family.generation).contains(generation)
        else {
            checks.append(.no("tag", .unknownToken, "not issued by this store"))
            return Inspection(.refreshToken, "refresh token, not of this store", Verification(checks: checks))
        }
        checks.append(.yes("tag", "generation \(generation) of \(family.id), user \(family.session.user)"))
        if generation < family.generation {
            let spent = generation == family.generation - 1 ? family.spentAt.map { " \($0.rfc3339)" } ?? "" : ""
            checks.append(.no("current", .spent, "spent\(spent); generation \(family.generation) is current"))
        } else if ConstantTime.equal(SHA256.hash(token.secret), family.secretHash) {
            checks.append(.yes("current", "the current generation"))
        } else {
            checks.append(.no("current", .unknownToken, "its secret is not the one issued"))
        }
        checks.append(try aliveCheck(family))
        var inspection = Inspection(.refreshToken, "refresh token", Verification(checks: checks))
        inspection.session = family.session
        inspection.family = family
        return inspection
    }
}

extension StoreReading {
    /// Whether a session is alive at an instant; where an act ended it, with that act.
    func aliveCheck(_ name: String, _ session: Session, at instant: Instant) throws -> Check {
        let reason: RefusalReason
        var cause: Cause?
        switch session.state(at: instant) {
        case .active: return .yes(name, "until \(session.aliveUntil.rfc3339)")
        case .expired, .idleExpired: reason = .sessionExpired
        case .ended:
            reason = .sessionEnded
            cause = try session.end.flatMap { try self.cause("session \(session.id)", at: $0.at, ending: $0) }
        case .loggedOut:
            reason = .sessionLoggedOut
            let isEveryones = session.floor == facts.floor
            cause = try self.cause(isEveryones ? "everyone" : "client \(session.client)", at: session.floor)
        }
        if let cause { return .no(name, reason, because: cause) }
        return .no(name, reason, session.pastEnd(at: instant) ?? session.state(at: instant).rawValue)
    }

    private func aliveCheck(_ family: RefreshFamily) throws -> Check {
        guard let end = family.ownEnd, end.at <= now else { return try aliveCheck("alive", family.session, at: now) }
        guard let cause = try cause("refresh token family \(family.id)", at: end.at, ending: end) else {
            return .no("alive", .sessionEnded, family.pastEnd(at: now))
        }
        return .no("alive", .sessionEnded, because: cause)
    }
}

extension RefreshFamily {
    func pastEnd(at now: Instant) -> String {
        if let end { return "ended \(end.at.rfc3339) by \(end.by): \(end.reason)" }
        return session.pastEnd(at: now) ?? "\(state(at: now).rawValue) since \(aliveUntil.rfc3339)"
    }
}
