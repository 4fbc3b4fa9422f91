import Hummingbird
import TokenLifecycle

/// `/api/login`, `/api/refresh` and `/api/logout`, for our own apps on phones and desktops: a short-lived access token, and
/// a refresh token that fetches the next.
struct TokenRoutes {
    static let client = "app"

    let store: TokenStore
    let people: People

    private struct Credentials: Decodable {
        var name: String
        var password: String
        /// A name the user knows it by.
        var device: String?
    }

    private struct RefreshToken: Decodable {
        var refresh_token: String
    }

    func add(to group: RouterGroup<AppContext>) {
        group.post("login", use: logIn)
        group.post("refresh", use: refresh)
        group.post("logout", use: logOut)
    }

    @Sendable private func logIn(_ request: Request, _ context: AppContext) async throws -> TokenResponse {
        let given = try await request.decode(as: Credentials.self, context: context)
        guard try await people.isPassword(given.password, of: given.name) else { throw HTTPError(.unauthorized) }
        var login = LoginRequest(user: given.name, client: Self.client)
        login.address = context.address
        login.device = given.device
        login.withTokens = true
        guard let pair = try await store.logIn(login).tokens else { throw HTTPError(.internalServerError) }
        return TokenResponse(pair)
    }

    /// A client that lost the answer asks again with the same token, within seconds, and gets the same successor. One that
    /// presents a token spent before that is a thief or its victim: the login ends for both.
    @Sendable private func refresh(_ request: Request, _ context: AppContext) async throws -> TokenResponse {
        let token = try await request.decode(as: RefreshToken.self, context: context).refresh_token
        switch try await store.refresh(token, client: Self.client, from: context.address) {
        case .refreshed(let pair): return TokenResponse(pair)
        case .refused(let reason):
            context.logger.notice("refresh refused: \(reason.rawValue)")
            throw HTTPError(.badRequest, message: "invalid_grant")  // RFC 6749 §5.2: log in again
        }
    }

    /// Answers the same whether anything was left to end (RFC 7009 §2.2).
    @Sendable private func logOut(_ request: Request, _ context: AppContext) async throws -> HTTPResponse.Status {
        let token = try await request.decode(as: RefreshToken.self, context: context).refresh_token
        try await store.logOut(refreshToken: token)
        return .noContent
    }
}

/// As in RFC 6749 §5.1.
private struct TokenResponse: ResponseEncodable {
    var access_token: String
    var token_type = "Bearer"
    /// Seconds.
    var expires_in: Int64
    var refresh_token: String

    init(_ pair: TokenPair) {
        access_token = pair.accessToken
        expires_in = pair.accessExpiresAt.seconds - Clock.system.now().seconds
        refresh_token = pair.refreshToken
    }
}
