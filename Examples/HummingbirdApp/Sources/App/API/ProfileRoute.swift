import Hummingbird

/// `/api/me`: whose token this is.
struct ProfileRoute {
    private struct Profile: ResponseEncodable {
        var name: String
        var session: String?
    }

    func add(to group: RouterGroup<Authorized>) {
        group.get("me") { _, context in
            Profile(name: context.claims.subject, session: context.claims.session)
        }
    }
}
