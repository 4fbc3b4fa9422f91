import Glibc
import Hummingbird
import TokenLifecycle

do {
    let settings = try Settings(Environment())
    let store = try await TokenStore.open(at: settings.database, masterKeyFile: settings.masterKeyFile)
    let verifier = try await Verifier.open(at: settings.database)
    let application = Application(
        router: routes(store, verifier, People.demo, settings),
        configuration: .init(address: .hostname("127.0.0.1", port: settings.port)))
    try await application.runService()
    // INT or TERM: requests that had begun are answered, and what they wrote is durable.
    await verifier.close()
    try await store.close()
} catch {
    // A failure of the store says what is wrong with it, and what to do.
    let failure = error as? Failure
    print("not started: \(failure?.message ?? "\(error)")\(failure?.hint.map { "; \($0)" } ?? "")")
    exit(1)
}
