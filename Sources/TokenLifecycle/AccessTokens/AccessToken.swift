internal import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// A signed access token as it was issued: the text exists here and nowhere in the store.
package struct AccessToken: Sendable {
    package var text: String
    package var id: String
    package var kid: String
    package var expiry: Instant
}

/// An access token as `token issue` asks for it.
package struct AccessTokenRequest: Sendable {
    package var user: String
    package var client: String?
    /// The session it is tied to by `sid`; nil ties it to none.
    package var session: String?
    /// The policy's where nil; never longer than `access.ttl.max`.
    package var lifetime: Duration?
    package var scope: [String] = []
    /// Claims of the application's own.
    package var claims: [JSON.Member] = []

    package init(user: String) {
        self.user = user
    }

    /// Claims that the product sets itself, so nobody else may.
    package static let reserved: Set<String> = [
        "iss", "sub", "aud", "client_id", "exp", "nbf", "iat", "jti", "sid", "scope", "typ", "cnf",
    ]
}

extension Store {
    package func issue(_ request: AccessTokenRequest, as actor: Actor) throws -> AccessToken {
        try Names.check(request.user, "the user")
        if let client = request.client { try Names.check(client, "the client") }
        try Scope.check(request.scope)
        for claim in request.claims where AccessTokenRequest.reserved.contains(claim.name) {
            throw Failure(.usage, "the claim \(claim.name) is set by tokenctl", target: claim.name)
        }
        return try writeIssuing(as: actor) { store in
            try store.requireTrustedClock()
            guard let name = request.session else {
                _ = try store.userRow(request.user)
                let client = try request.client ?? store.policies.defaultClient
                _ = try store.clientRow(client)
                return try store.issueAccessToken(request, client: client, session: nil)
            }
            let session = try store.session(named: name)
            guard session.user.isIdentical(to: request.user) else {
                throw Failure(.refused, "\(session.id) is not a session of \(request.user)", target: name)
            }
            if let client = request.client, !client.isIdentical(to: session.client) {
                throw Failure(.refused, "\(session.id) is a session at \(session.client)", target: name)
            }
            guard session.isAlive(at: store.now) else {
                throw Failure(
                    .refused, "\(session.id) is not alive: \(session.pastEnd(at: store.now) ?? "")",
                    hint: "log in again: 'tokenctl session create'", target: name)
            }
            return try store.issueAccessToken(request, client: session.client, session: session)
        }
    }
}

extension StoreWriter {
    func issueAccessToken(for session: Session, scope: [String]) throws -> AccessToken {
        var request = AccessTokenRequest(user: session.user)
        request.scope = scope
        return try issueAccessToken(request, client: session.client, session: session)
    }

    /// Signs with the key whose turn it is, counts the token, and records on its session, or where it
    /// has none on its user, how long it can live.
    func issueAccessToken(_ request: AccessTokenRequest, client: String, session: Session?) throws -> AccessToken {
        try giveWayToCutOffs(user: request.user, client: client, session: session?.id.text)
        let (lifetime, longest) = (try request.lifetime ?? policies.accessTTL, try policies.accessTTLMax)
        guard lifetime >= .seconds(1), lifetime <= longest else {
            throw Failure(
                .refused, "a lifetime of \(lifetime.text) is out of range: 1s to \(longest.text)",
                hint: "the longest is the policy access.ttl.max")
        }
        guard let (key, _) = try signingSchedule().signer(at: now) else {
            throw Failure(
                .refused, "no key signs", hint: "make one: 'tokenctl key generate', then 'tokenctl key rotate'")
        }
        let signer = try keyring.signer(for: key, of: facts)
        var expiry = now.seconds + lifetime.milliseconds / 1000
        if let session { expiry = min(expiry, session.absoluteExpiry.seconds) }
        guard expiry > now.seconds else {
            throw Failure(.refused, "the session expires within this second", hint: "log in again")
        }
        let id = try TokenID.make()
        var claims: [JSON.Member] = [
            .init("iss", .string(try policies.issuer)), .init("sub", .string(request.user)),
            .init("aud", .string(try policies.audience)), .init("client_id", .string(client)),
            .init("iat", .integer(now.seconds)), .init("exp", .integer(expiry)), .init("jti", .string(id)),
        ]
        if let session { claims.append(.init("sid", .string(session.id.text))) }
        if let scope = Scope.text(request.scope) { claims.append(.init("scope", .string(scope))) }
        claims += request.claims
        let header = JSON.object([
            .init("alg", .string(key.algorithm.rawValue)), .init("kid", .string(key.kid)), .init("typ", "at+jwt"),
        ])
        let payload = JSON.object(claims).serialized
        // Claims of the application's own may repeat a name or nest too deep: what nobody would accept is not issued.
        do throws(JOSEError) { _ = try JWTClaims(payload: payload) } catch {
            throw Failure(.malformed, "with these claims the token would not be accepted: \(error)")
        }
        let text = try signer.sign(protectedHeader: header, payload: payload)
        guard text.utf8.count <= 8192 else {
            throw Failure(
                .refused, "with these claims the token is \(text.utf8.count) bytes; at most 8192 are accepted")
        }
        let end = Instant(seconds: expiry)
        try count(key, end)
        if let session {
            try execute(
                """
                UPDATE session SET access_until = \(end)
                WHERE id = \(session.id.row) AND (access_until IS NULL OR access_until < \(end))
                """)
            // Apart from the other: a column that an index has is written only where it changes.
            try execute(
                """
                UPDATE session SET access_key = \(key.row)
                WHERE id = \(session.id.row) AND access_until = \(end) AND access_key IS NOT \(key.row)
                """)
        } else {
            try execute(
                """
                UPDATE user SET token_issued_at = \(now), tokens_until = max(coalesce(tokens_until, 0), \(end))
                WHERE subject = \(request.user)
                """)
        }
        return AccessToken(text: text, id: id, kid: key.kid, expiry: end)
    }

    /// Counted per key and hour of expiry, so that a plan can say how many tokens a key still answers for.
    private func count(_ key: SigningKey, _ expiry: Instant) throws {
        try execute(
            """
            INSERT INTO issued (key_id, hour, tokens) VALUES (\(key.row), \(expiry.milliseconds / 3_600_000), 1)
            ON CONFLICT (key_id, hour) DO UPDATE SET tokens = tokens + 1
            """)
        if key.latestExpiry.map({ $0 < expiry }) ?? true {
            try execute("UPDATE signing_key SET latest_exp = \(expiry) WHERE id = \(key.row)")
        }
    }
}
