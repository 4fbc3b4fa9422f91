/// One thing that happened in the demo's past. Logins have numbers, so that later steps can name them.
enum DemoStep {
    case logIn(Int, Login)
    case refresh(Int, from: String)
    /// The response was lost, so the client asked again with the same token.
    case refreshTwice(Int, from: String)
    /// Somebody presents the token that the login began with.
    case replay(Int, from: String)
    case revoke([Int], reason: String)
    case logOut(user: String, keeping: Int?, reason: String)
    case logOutClient(String, reason: String)
    /// Denies the access token that a login got last.
    case denyToken(Int, reason: String)
    case denyUser(String, reason: String)
    case rotate(reason: String)
    case revokeTestKey
    case importLegacyKey(until: Duration)
    case setPolicy(String, String, reason: String)
    case cleanUp
}

/// When it happened, counted back from now.
struct DemoMoment {
    var ago: Duration
    var step: DemoStep
}
