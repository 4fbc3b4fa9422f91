package import TokenJOSE
internal import TokenStorage

extension StoreReading {
    /// The answer of RFC 7662 §2.2 about an access, refresh or session token, online: its session must be alive too.
    ///
    /// Exactly the registered members that apply, and nothing but `active` where it is false, so that nobody learns from it
    /// why. There is no `username`: the store knows subjects, and what people call them only the application knows.
    package func introspect(_ token: [UInt8]) throws -> JSON {
        var expectations = Expectations()
        expectations.online = true
        let inspection = try inspect(token, expectations)
        guard inspection.verification.verdict == .active else { return .object([.init("active", false)]) }
        let members: [(String, JSON?)] =
            switch inspection.kind {
            case .accessToken: try accessMembers(inspection.verification)
            case .refreshToken: try loginMembers(inspection.family?.session, scope: inspection.family?.scope ?? [])
            default: try loginMembers(inspection.session, scope: [])
            }
        return .object([.init("active", true)] + members.compactMap { name, value in value.map { .init(name, $0) } })
    }

    private func accessMembers(_ verification: Verification) throws -> [(String, JSON?)] {
        let claims = verification.claims
        let client = try claims?.clientID ?? verification.kid.flatMap { try key(kid: $0) }?.accepted?.client
        return [
            ("scope", claims?.scope.map(JSON.string)), ("client_id", client.map(JSON.string)),
            // RFC 6749 §7.1: how a resource server is shown it.
            ("token_type", "Bearer"), ("exp", claims?.exp.map(JSON.integer)), ("iat", claims?.iat.map(JSON.integer)),
            ("nbf", claims?.nbf.map(JSON.integer)), ("sub", claims?.sub.map(JSON.string)),
            ("aud", claims?.json["aud"]), ("iss", claims?.iss.map(JSON.string)), ("jti", claims?.jti.map(JSON.string)),
        ]
    }

    /// Of what is no access token: no `token_type`, which RFC 6749 §5.1 knows for those alone, no audience and no `jti`.
    private func loginMembers(_ session: Session?, scope: [String]) throws -> [(String, JSON?)] {
        guard let session else { return [] }
        return [
            ("scope", Scope.text(scope).map(JSON.string)), ("client_id", .string(session.client)),
            ("exp", .integer(session.aliveUntil.seconds)), ("iat", .integer(session.createdAt.seconds)),
            ("sub", .string(session.user)), ("iss", .string(try policies.issuer)),
        ]
    }
}
