import Hummingbird
import TokenLifecycle

/// Whose request this is, by the access token it bears (RFC 6750).
///
/// `online` asks the store whether the login still lives, at every request: whoever is logged out is refused at once.
struct BearerReader: RouterMiddleware {
    let store: TokenStore

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let token = request.bearerToken {
            switch try await store.verify(token, online: true) {
            case .active(let claims): context.claims = claims
            case .inactive(let reason): context.logger.debug("bearer token refused: \(reason.rawValue)")
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
