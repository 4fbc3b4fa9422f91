import Hummingbird
import TokenLifecycle

/// Every route, and what stands in front of it. A route inside a guarded group cannot be reached past its guard: its
/// handler takes a context that only the guard can make.
func routes(
    _ store: TokenStore, _ verifier: Verifier, _ people: People, _ settings: Settings
) -> Router<AppContext> {
    let router = Router(context: AppContext.self)
    router.addMiddleware {
        StoreFailures()
        NoStore()
    }
    KeySetRoute(store: store).add(to: router)

    let web = router.group()
        .add(middleware: ContentSecurityMiddleware(contentSecurityPolicy: Page.contentSecurityPolicy))
        .add(middleware: SameOrigin(origin: settings.origin))
        .add(middleware: SessionReader(store: store))
    LoginPage(store: store, people: people).add(to: web)
    HomePage(store: store).add(to: web.group(context: SignedIn.self).add(middleware: CSRFGuard()))

    let api = router.group("api")
    TokenRoutes(store: store, people: people).add(to: api)
    let profile = ProfileRoutes(store: store)
    profile.addProfile(
        to: api.group().add(middleware: BearerReader(verifier: verifier)).group(context: Authorized.self))
    profile.addDevices(
        to: api.group("account").add(middleware: BearerReader(verifier: verifier, asksForSession: true))
            .group(context: Authorized.self))
    return router
}
