import Hummingbird
import TokenLifecycle

let settings = try Settings(Environment())
let store = try await TokenStore.open(at: settings.database, masterKeyFile: settings.masterKeyFile)
let application = Application(
    router: routes(store, People.demo, settings),
    configuration: .init(address: .hostname("127.0.0.1", port: settings.port)))
try await application.runService()
// INT or TERM: requests that had begun are answered, and what they wrote is durable.
try await store.close()
