/// How a login stands at an instant, derived from its facts.
package enum SessionState: String, CaseIterable, Sendable {
    case active
    /// Not seen for its idle timeout.
    case idleExpired = "idle_expired"
    /// Past its absolute expiry.
    case expired
    /// Ended by an act, and it is recorded which.
    case ended
    /// Below the floor of its client or of everyone.
    case loggedOut = "logged_out"
}

/// Why a session or a refresh family was ended.
package enum EndReason: String, CaseIterable, Sendable {
    case revoked, logout, replay, limit, regenerated
    case clientLogout = "client_logout"
    case everyoneLogout = "everyone_logout"
    case familyRevoked = "family_revoked"
    case keyRevoked = "key_revoked"
    /// A restore went back behind the login.
    case restored
}

/// When something was ended, why and by whom.
package struct End: Sendable, Equatable {
    package var at: Instant
    package var reason: String
    package var by: String
}
