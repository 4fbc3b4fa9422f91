internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// What a text is, and every check with its answer. Never an oracle: of a secret that does not match, nothing is told.
package struct Inspection: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case accessToken = "access_token"
        case sessionToken = "session_token"
        case refreshToken = "refresh_token"
        case unknown
    }

    package var kind: Kind
    package var verification: Verification
    package var session: Session?
    package var family: RefreshFamily?
}

extension StoreReading {
    package func inspect(_ token: [UInt8], _ expectations: Expectations = Expectations()) throws -> Inspection {
        let opaque: OpaqueToken
        do {
            opaque = try OpaqueToken(token)
        } catch .otherPrefix {
            let verification = try verify(token, expectations, exhaustively: true)
            return Inspection(kind: verification.claims == nil ? .unknown : .accessToken, verification: verification)
        } catch {
            let kind: Inspection.Kind =
                token.starts(with: OpaqueTokenKind.session.rawValue.utf8) ? .sessionToken : .refreshToken
            let what =
                error == .wrongLength
                ? "it is cut or has something added" : "a character is mistyped: the checksum does not match"
            return Inspection(kind: kind, verification: Verification(checks: [.no("form", .malformed, what)]))
        }
        switch opaque.kind {
        case .session: return try inspectSession(opaque)
        case .refresh: return try inspectRefresh(opaque)
        }
    }

    private func inspectSession(_ token: OpaqueToken) throws -> Inspection {
        var verification = Verification(checks: [.yes("form", "a session token, checksum right")])
        guard let session = try session(holding: token) else {
            verification.checks.append(.no("secret", .unknownKey, "no session has this token"))
            return Inspection(kind: .sessionToken, verification: verification)
        }
        verification.checks.append(.yes("secret", "the token of \(session.id), user \(session.user)"))
        verification.checks.append(session.aliveCheck(at: now))
        return Inspection(kind: .sessionToken, verification: verification, session: session)
    }

    private func inspectRefresh(_ token: OpaqueToken) throws -> Inspection {
        var verification = Verification(checks: [.yes("form", "a refresh token, checksum right")])
        let row = ids.restored(token.id, .family)
        let generation = Int64(token.generation)
        let secrets = RefreshSecrets(facts, family: row)
        guard ConstantTime.equal(token.tag, secrets.tag(generation)), let family = try family(row: row),
            (1...family.generation).contains(generation)
        else {
            verification.checks.append(.no("tag", .unknownKey, "not issued by this store"))
            return Inspection(kind: .refreshToken, verification: verification)
        }
        verification.checks.append(.yes("tag", "generation \(generation) of \(family.id), user \(family.session.user)"))
        if generation < family.generation {
            let spent = generation == family.generation - 1 ? family.spentAt.map { " \($0.rfc3339)" } ?? "" : ""
            verification.checks.append(
                .no("current", .spent, "spent\(spent); generation \(family.generation) is current"))
        } else if ConstantTime.equal(SHA256.hash(token.secret), family.secretHash) {
            verification.checks.append(.yes("current", "the current generation"))
        } else {
            verification.checks.append(.no("current", .unknownKey, "its secret is not the one issued"))
        }
        let state = family.state(at: now)
        verification.checks.append(
            state == .active
                ? .yes("alive", "until \(family.aliveUntil.rfc3339)")
                : .no("alive", state == .expired ? .sessionExpired : .sessionEnded, family.pastEnd(at: now)))
        return Inspection(kind: .refreshToken, verification: verification, session: family.session, family: family)
    }
}

extension Session {
    func aliveCheck(at now: Instant) -> Check {
        switch state(at: now) {
        case .active: .yes("alive", "until \(aliveUntil.rfc3339)")
        case .ended: .no("alive", .sessionEnded, pastEnd(at: now) ?? "ended")
        case .loggedOut: .no("alive", .sessionLoggedOut, pastEnd(at: now) ?? "logged out")
        case .expired, .idleExpired: .no("alive", .sessionExpired, pastEnd(at: now) ?? "expired")
        }
    }
}

extension RefreshFamily {
    func pastEnd(at now: Instant) -> String {
        if let end { return "ended \(end.at.rfc3339) by \(end.by): \(end.reason)" }
        return session.pastEnd(at: now) ?? "\(state(at: now).rawValue) since \(aliveUntil.rfc3339)"
    }
}
