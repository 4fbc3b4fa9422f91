internal import TokenJOSE

/// A login as an application asks for it, once it has made sure who the user is.
public struct LoginRequest: Sendable {
    /// The subject: at most 255 bytes, printable.
    public var user: String
    /// The client id; the policy `token.default_client` where nil.
    public var client: String?
    /// Where it came from, IPv4 or IPv6.
    public var address: String?
    /// What the browser or app calls itself; kept to show, never compared.
    public var userAgent: String?
    /// A name the user knows the device by.
    public var device: String?
    /// Roles, preferences: a JSON object as text, at most 4 KiB.
    public var attributes: String?
    /// Also begin a refresh token family and issue the first access token.
    public var withTokens = false
    /// Of the tokens, one word each.
    public var scope: [String] = []

    /// The rest is set on the value; all of it may stay as it is.
    public init(user: String, client: String? = nil) {
        self.user = user
        self.client = client
    }

    /// Throws `.malformed` for an address or attributes that are none.
    func login() throws -> Login {
        var login = Login(user: user, client: client)
        login.ip = try IPAddress(given: address)
        login.userAgent = userAgent
        login.device = device
        login.withTokens = withTokens
        login.scope = scope
        if let attributes {
            do {
                login.data = try JSON(parsing: Array(attributes.utf8))
            } catch {
                throw Failure(.malformed, "the attributes are not JSON: \(error)")
            }
        }
        return login
    }
}

extension IPAddress {
    /// An address as an application passes it on. Throws `.malformed` for a text that is none.
    init?(given text: String?) throws(Failure) {
        guard let text else { return nil }
        do {
            try self.init(text)
        } catch {
            throw Failure(.malformed, error.message, target: text)
        }
    }
}

/// What a login gives. The tokens exist here and nowhere else: the store keeps only hashes.
public struct LoginResult: Sendable {
    /// The login as it now stands.
    public var session: SessionInfo
    /// For a cookie; see `cookie`.
    public var sessionToken: String
    /// The value of the `Set-Cookie` header that gives it to a browser.
    public var cookie: String
    /// Of a login with tokens.
    public var tokens: TokenPair?
    /// Sessions that ended to stay within `session.limit`.
    public var endedSessions: [String]
}

/// An access token and the refresh token that fetches the next one.
public struct TokenPair: Sendable {
    /// A signed JWT (RFC 9068), for `Authorization: Bearer`.
    public var accessToken: String
    /// The access token's `exp`.
    public var accessExpiresAt: Instant
    /// Single use: store the one that the next refresh gives.
    public var refreshToken: String
    /// `ses_…`: the session that both are tied to.
    public var sessionID: String
}
