import Hummingbird
import TokenLifecycle

/// Whose request this is, by the access token it bears (RFC 6750).
///
/// Judged from memory, without a visit to the store: whoever is logged out is refused within the verifier's `maxStaleness`, a
/// second. Where `asksForSession` the store is asked as well, for what must not outlive its login by even that.
struct BearerReader: RouterMiddleware {
    let verifier: Verifier
    var asksForSession = false

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let token = request.bearerToken {
            switch await verifier.verify(token, askingForSession: asksForSession).verdict {
            case .active(let claims): context.claims = claims
            case .inactive(let reason): context.logger.debug("bearer token refused: \(reason.rawValue)")
            // The store could not be read for a while: nobody can say who is logged out, so nobody is let in.
            case .unavailable: throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "1"])
            }
        }
        return try await next(request, context)
    }
}

/// The context of an API that is for the logged in. Everyone else gets 401, before any handler.
struct Authorized: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let claims: AccessClaims

    init(context: AppContext) throws {
        guard let claims = context.claims else {
            // Why is not said: it would help a thief more than a client, which refreshes and tries again.
            throw HTTPError(.unauthorized, headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
        }
        coreContext = context.coreContext
        self.claims = claims
    }
}

extension Request {
    /// The token of an `Authorization: Bearer` header; the scheme's case does not matter (RFC 9110 §11.1).
    var bearerToken: String? {
        guard let header = headers[.authorization], header.prefix(7).lowercased() == "bearer " else { return nil }
        return String(header.dropFirst(7))
    }
}
