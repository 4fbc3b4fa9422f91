import TokenLifecycle

/// Decides about requests that carry an access token or a session cookie.
struct Gate: Sendable {
    private let store: TokenStore

    init(database: String, masterKeyFile: String, options: TokenStore.Options = .init()) async throws {
        store = try await TokenStore.open(at: database, masterKeyFile: masterKeyFile, options: options)
    }

    /// The subject of `Authorization: Bearer …`; nil means 401. Throws where the store cannot say: answer 503, and never let
    /// the request pass.
    func subject(ofAuthorization header: String) async throws -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        switch try await store.verify(String(parts[1]), audience: "api", online: true) {
        case .active(let claims): return claims.subject
        case .inactive: return nil
        }
    }

    /// The user behind a header `Cookie`; nil means 401.
    func user(ofCookie header: String) async throws -> String? {
        guard let token = SessionCookie.token(inHeader: header) else { return nil }
        return try await store.checkSession(token).session?.user
    }
}
