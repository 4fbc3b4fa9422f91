internal import ArgumentParser

/// Whom an event or a rule is about: what is named in its own column, not who did it.
struct AboutOptions: ParsableArguments {
    @Option(name: .customLong("user"), help: ArgumentHelp("About this user; * for any text", valueName: "user"))
    var users: [String] = []

    @Option(name: .customLong("client"), help: ArgumentHelp("About this client; * for any text", valueName: "client"))
    var clients: [String] = []

    @Option(name: .customLong("key"), help: ArgumentHelp("About this key; * for any text", valueName: "kid"))
    var keys: [String] = []
}
