/// A login as it stood when it was looked at.
public struct SessionInfo: Sendable, Equatable {
    /// `ses_…`: no secret; what operators see, and the `sid` of access tokens.
    public var id: String
    /// The subject, as given at login.
    public var user: String
    /// The client it was begun at.
    public var client: String
    /// When the user logged in; regenerating keeps it.
    public var loggedInAt: Instant
    /// The last activity that moved the idle deadline: at most a minute, or a tenth of the timeout, behind the last request.
    public var lastSeenAt: Instant
    /// The first of idle deadline and absolute expiry.
    public var aliveUntil: Instant
    /// Activity does not move it.
    public var expiresAt: Instant
    /// Where it was begun from, IPv4 or IPv6, where that was said.
    public var address: String?
    /// What the browser or app called itself at login.
    public var userAgent: String?
    /// The name the user knows the device by.
    public var device: String?
    /// As given at login: a JSON object as text.
    public var attributes: String?
}

extension SessionInfo {
    init(_ session: Session) {
        self.init(
            id: session.id.text, user: session.user, client: session.client, loggedInAt: session.loginAt,
            lastSeenAt: session.lastSeenAt, aliveUntil: session.aliveUntil, expiresAt: session.absoluteExpiry,
            address: session.ip.map { "\($0)" }, userAgent: session.userAgent, device: session.device,
            attributes: session.data)
    }
}

/// Whether a session token opens a live session.
public enum SessionAnswer: Sendable, Equatable {
    /// It does.
    case active(SessionInfo)
    /// It does not: log in again.
    case inactive(SessionRefusal)

    /// The session, where it is alive.
    public var session: SessionInfo? { if case .active(let session) = self { session } else { nil } }
}

/// Why a session token opens nothing. Words only ever added to.
public enum SessionRefusal: String, CaseIterable, Sendable {
    /// Mistyped, cut, or no token at all.
    case malformed
    /// A refresh token or a JWT where a session token was expected.
    case wrongKind = "wrong_kind"
    /// Not a token of this store.
    case unknown
    /// Not seen for longer than its idle timeout.
    case idleExpired = "idle_expired"
    /// Its absolute expiry has come.
    case expired
    /// Ended, by logging out, by an operator or by a replayed refresh token.
    case ended
    /// Its client, or everyone, was logged out.
    case loggedOut = "logged_out"

    init?(_ state: SessionState) {
        switch state {
        case .active: return nil
        case .idleExpired: self = .idleExpired
        case .expired: self = .expired
        case .ended: self = .ended
        case .loggedOut: self = .loggedOut
        }
    }
}
