import Hummingbird
import TokenLifecycle

/// What travels with a request: where it comes from, and what its cookie or its bearer token opened, if anything.
struct AppContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection. Behind a proxy that is the proxy: take then what *it* appended to
    /// `X-Forwarded-For`, never what the client may have written there.
    let address: String?
    var session: SignedIn.Session?
    var claims: AccessClaims?

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress
    }

    /// No form and no JSON of this application is longer.
    var maxUploadSize: Int { 16 * 1024 }
}
