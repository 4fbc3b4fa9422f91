import Hummingbird
import TokenLifecycle

/// `/api/me`: whose token this is. `/api/account/devices`: where they are logged in, for as long as they are.
struct ProfileRoutes {
    let store: TokenStore

    private struct Profile: ResponseEncodable {
        var name: String
        var session: String?
    }

    private struct Device: Encodable {
        var session: String
        var device: String?
        var address: String?
    }

    func addProfile(to group: RouterGroup<Authorized>) {
        group.get("me") { _, context in
            Profile(name: context.claims.subject, session: context.claims.session)
        }
    }

    func addDevices(to group: RouterGroup<Authorized>) {
        group.get("devices") { _, context in
            try await store.sessions(ofUser: context.claims.subject).map {
                Device(session: $0.id, device: $0.device, address: $0.address)
            }
        }
    }
}
