import Hummingbird
import TokenLifecycle

/// Whose browser this is: the session that its cookie opens, looked up at every request, so that a logout by anybody,
/// an operator included, counts from the next one.
struct SessionReader: RouterMiddleware {
    let store: TokenStore

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let token = request.headers[.cookie].flatMap(SessionCookie.token(inHeader:))
        if let token, let info = try await store.checkSession(token).session {
            context.session = SignedIn.Session(info: info, token: token)
        }
        return try await next(request, context)
    }
}

/// The context of pages for people who are logged in. Everyone else is sent to the login page, before any handler.
struct SignedIn: ChildRequestContext {
    struct Session: Sendable {
        var info: SessionInfo
        /// A secret: for acts on this session and its forms' tokens, never for a page.
        var token: String
    }

    var coreContext: CoreRequestContextStorage
    let session: Session
    let maxUploadSize: Int

    init(context: AppContext) throws {
        guard let session = context.session else {
            // A dead cookie is taken away, so that it is not sent for ever.
            throw HTTPError(.seeOther, headers: [.location: "/login", .setCookie: SessionCookie.clearing])
        }
        coreContext = context.coreContext
        maxUploadSize = context.maxUploadSize
        self.session = session
    }

    var requestDecoder: URLEncodedFormDecoder { URLEncodedFormDecoder() }
}
