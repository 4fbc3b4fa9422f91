import Hummingbird
import TokenLifecycle

/// `/`: for whoever is logged in. Where they are logged in, and the ways out.
struct HomePage {
    let store: TokenStore

    func add(to group: RouterGroup<SignedIn>) {
        group.get("/", use: show)
        group.post("/logout", use: logOut)
        group.post("/logout-elsewhere", use: logOutElsewhere)
    }

    @Sendable private func show(_ request: Request, _ context: SignedIn) async throws -> Page {
        let me = context.session.info
        let devices = try await store.sessions(ofUser: me.user).map { session -> HTML in
            """
            <li>\(session.client), \(session.device ?? session.userAgent ?? "unknown device"), \
            from \(session.address ?? "somewhere")\(session.id == me.id ? " <strong>(this one)</strong>" : "")</li>

            """
        }
        return Page(
            "Hello, \(me.user)",
            """
            <p>You are logged in here:</p>
            <ul>
            \(devices)</ul>
            \(try form("/logout", "Log out", context))
            \(try form("/logout-elsewhere", "Log out everywhere else", context))
            """)
    }

    @Sendable private func logOut(_ request: Request, _ context: SignedIn) async throws -> Response {
        try await store.logOut(sessionToken: context.session.token)
        return Response(status: .seeOther, headers: [.location: "/login", .setCookie: SessionCookie.clearing])
    }

    /// Also for a changed password. This session lives on; the API's clients of the user have to log in again.
    @Sendable private func logOutElsewhere(_ request: Request, _ context: SignedIn) async throws -> Response {
        let me = context.session.info
        try await store.logOut(user: me.user, keeping: me.id, reason: "by the user")
        return .redirect(to: "/")
    }

    private func form(_ action: String, _ label: String, _ context: SignedIn) throws -> HTML {
        let token = try CSRFToken.make(forSession: context.session.token)
        return """
            <form method="post" action="\(action)">
            <input type="hidden" name="\(CSRFGuard.field)" value="\(token)">
            <button>\(label)</button>
            </form>
            """
    }
}
