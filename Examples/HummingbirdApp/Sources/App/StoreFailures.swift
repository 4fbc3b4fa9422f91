import Hummingbird
import TokenLifecycle

/// Answers for a store that could not decide. That is neither yes nor no, so nobody is logged out by it: a client tries again.
struct StoreFailures: RouterMiddleware {
    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as Failure {
            switch failure.kind {
            case .busy: throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "1"], message: "try again")
            case .malformed: throw HTTPError(.badRequest, message: failure.message)
            default:
                // Its text carries no secrets, and is for operators: their next step is `tokenctl doctor`.
                context.logger.error("\(failure.kind.rawValue): \(failure.message)")
                throw HTTPError(.internalServerError)
            }
        }
    }
}

/// Pages show who is logged in, and answers carry tokens: neither belongs in a cache (RFC 6749 §5.1). What may be cached
/// says so itself.
struct NoStore: RouterMiddleware {
    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}
