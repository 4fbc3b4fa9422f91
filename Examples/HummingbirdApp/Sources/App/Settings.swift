import Hummingbird

/// What the application is told by its environment. The names of the first two are `tokenctl`'s own, so an operator in the
/// same environment works on the same store.
struct Settings {
    var database: String
    var masterKeyFile: String
    var port: Int
    /// Where browsers see the application, such as `https://login.example.org`: no other site may send it forms.
    var origin: String

    init(_ environment: Environment) throws {
        database = try environment.require("TOKENCTL_DB")
        masterKeyFile = try environment.require("TOKENCTL_MASTER_KEY_FILE")
        port = environment.get("PORT", as: Int.self) ?? 8080
        origin = environment.get("ORIGIN") ?? "http://localhost:\(port)"
    }
}
