import TokenLifecycle

/// Decides about requests on a machine without the store, by the two files that are carried there.
struct RemoteGate: Sendable {
    /// Nothing can be said now: answer 503, and never let the request pass.
    struct Unavailable: Error {}

    private let verifier: Verifier

    /// `thumbprint` is the one that `tokenctl denylist export` told once.
    init(folder: String, thumbprint: String, issuer: String, options: Verifier.Options = .init()) async throws {
        verifier = try await Verifier.open(
            keySet: folder + "/tokens.jwks.json", denylist: folder + "/denylist.ndjson", trusting: thumbprint,
            issuer: issuer, audience: "api", options: options)
    }

    /// The subject of an access token; nil means 401.
    func subject(of token: String) throws -> String? {
        switch verifier.verify(token).verdict {
        case .active(let claims): return claims.subject
        case .inactive: return nil
        case .unavailable: throw Unavailable()
        }
    }
}
