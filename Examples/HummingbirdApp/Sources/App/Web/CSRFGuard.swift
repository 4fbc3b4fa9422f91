import Hummingbird
import TokenLifecycle

/// Lets a form through only with the token of the session that sends it: another site can make a browser send our
/// cookie, and cannot read our pages. In front of a whole group, so that no form is forgotten.
struct CSRFGuard: RouterMiddleware {
    static let field = "csrf_token"

    private struct Form: Decodable {
        var csrf_token: String?
    }

    func handle(
        _ request: Request, context: SignedIn, next: (Request, SignedIn) async throws -> Response
    ) async throws -> Response {
        guard request.method != .get, request.method != .head else { return try await next(request, context) }
        // Read here and put back, for the handler to read again.
        var request = request
        _ = try await request.collectBody(upTo: context.maxUploadSize)
        let form = try await request.decode(as: Form.self, context: context)
        guard let token = form.csrf_token, CSRFToken.isValid(token, forSession: context.session.token) else {
            throw HTTPError(.forbidden, message: "this form has expired: go back, reload the page and try again")
        }
        return try await next(request, context)
    }
}

/// Refuses forms that another site sends. The login form is sent before there is a session, and a stranger who logs
/// someone into *his* account learns what they do there; `SameSite` does not help against that.
struct SameOrigin: RouterMiddleware {
    let origin: String

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .get || request.method == .head || isOurs(request) else {
            throw HTTPError(.forbidden, message: "sent from another site")
        }
        return try await next(request, context)
    }

    /// Browsers say where a form comes from; what says nothing is no browser, and nobody's cookie is with it.
    private func isOurs(_ request: Request) -> Bool {
        request.headers[.origin].map { $0 == origin } ?? true
    }
}
