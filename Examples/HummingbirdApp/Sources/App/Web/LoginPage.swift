import Hummingbird
import TokenLifecycle

/// `/login`: a name and a password, and for that a session in a cookie.
struct LoginPage {
    let store: TokenStore
    let people: People

    private struct Form: Decodable {
        var name: String
        var password: String
    }

    func add(to group: RouterGroup<AppContext>) {
        group.get("/login") { request, context in
            context.session == nil ? page().response(from: request, context: context) : .redirect(to: "/")
        }
        group.post("/login", use: logIn)
    }

    @Sendable private func logIn(_ request: Request, _ context: AppContext) async throws -> Response {
        let form = try await URLEncodedFormDecoder().decode(Form.self, from: request, context: context)
        guard try await people.isPassword(form.password, of: form.name) else {
            return page("That name and password do not belong together.").response(from: request, context: context)
        }
        var login = LoginRequest(user: form.name, client: "web")
        login.address = context.address
        login.userAgent = request.headers[.userAgent].map { String($0.prefix(200)) }
        let result = try await store.logIn(login)
        // Always a session of its own, never the one whose cookie came along (session fixation); that one is over.
        if let old = context.session { try await store.logOut(sessionToken: old.token) }
        return Response(status: .seeOther, headers: [.location: "/", .setCookie: result.cookie])
    }

    private func page(_ error: String? = nil) -> Page {
        Page(
            "Log in",
            """
            \(error.map { "<p role=\"alert\">\($0)</p>" as HTML } ?? "")
            <form method="post" action="/login">
            <p><label>Name <input name="name" autocomplete="username" required></label></p>
            <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
            <button>Log in</button>
            </form>
            """, status: error == nil ? .ok : .unauthorized)
    }
}
