package import ArgumentParser
package import TokenLifecycle

/// Which logins are meant, by what their sessions say: repeats of a flag mean any of them, different flags all of them.
package struct LoginFilterOptions: ParsableArguments {
    @Option(name: .customLong("user"), help: ArgumentHelp("Of this user; * for any text", valueName: "user"))
    package var users: [String] = []

    @Option(name: .customLong("not-user"), help: ArgumentHelp("Not of this user", valueName: "user"))
    package var notUsers: [String] = []

    @Option(name: .customLong("client"), help: ArgumentHelp("At this client; * for any text", valueName: "client"))
    package var clients: [String] = []

    @Option(name: .customLong("not-client"), help: ArgumentHelp("Not at this client", valueName: "client"))
    package var notClients: [String] = []

    @Option(
        name: .customLong("ip"), help: ArgumentHelp("From this address or network", valueName: "addr|cidr"),
        transform: NetworkOption.parse)
    package var networks: [IPNetwork] = []

    @Option(
        name: .customLong("key"),
        help: ArgumentHelp("Whose latest access token this key signed", valueName: "kid"))
    package var keys: [String] = []

    @Option(name: .customLong("device"), help: ArgumentHelp("On this device", valueName: "device"))
    package var devices: [String] = []

    @OptionGroup package var times: CreationOptions

    @Option(help: ArgumentHelp("Not seen for longer than", valueName: "dur"), transform: DurationOption.parse)
    package var idleOver: Duration?

    @Option(help: ArgumentHelp("Expiring within", valueName: "dur"), transform: DurationOption.parse)
    package var expiresWithin: Duration?

    package init() {}

    package func filter(at now: Instant) -> SessionFilter {
        var filter = SessionFilter()
        filter.users = users
        filter.notUsers = notUsers
        filter.clients = clients
        filter.notClients = notClients
        filter.networks = networks
        filter.devices = devices
        filter.keys = keys
        filter.since = times.since?.resolved(at: now, .ago)
        filter.until = times.until?.resolved(at: now, .ago)
        filter.idleOver = idleOver
        filter.expiresWithin = expiresWithin
        return filter
    }

    /// What a cursor of such a listing belongs to: the words of the filter, so that `--since 1h` stays the same filter
    /// while time passes.
    var fingerprint: String {
        "\(users) \(notUsers) \(clients) \(notClients) \(networks.map(\.description)) \(devices) \(keys)"
            + " \(times.fingerprint) \(idleOver?.text ?? "") \(expiresWithin?.text ?? "")"
    }
}

/// Which sessions are meant.
package struct SessionFilterOptions: ParsableArguments {
    @OptionGroup package var login: LoginFilterOptions

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("active, idle_expired, expired, ended, logged_out or all", valueName: "state"))
    package var states: [StateChoice<SessionState>] = []

    package init() {}

    package func filter(at now: Instant) -> SessionFilter {
        var filter = login.filter(at: now)
        filter.states = StateChoice.states(of: states)
        return filter
    }

    /// Whether any flag was given.
    package var isGiven: Bool { filter(at: Instant.epoch) != SessionFilter() }

    var fingerprint: String { "\(login.fingerprint) \(StateChoice.fingerprint(of: states))" }
}

/// When something began.
package struct CreationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Begun since", valueName: "time"), transform: TimeOption.parse)
    package var since: TimeExpression?

    @Option(help: ArgumentHelp("Begun before", valueName: "time"), transform: TimeOption.parse)
    package var until: TimeExpression?

    package init() {}

    var fingerprint: String { "\(since.map { "\($0)" } ?? "") \(until.map { "\($0)" } ?? "")" }
}

/// A state by its word, or `all`.
package enum StateChoice<State: RawRepresentable & CaseIterable & Hashable & Sendable>: ExpressibleByArgument, Sendable
where State.RawValue == String {
    case one(State)
    case all

    package init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let state = State(rawValue: argument) {
            self = .one(state)
        } else {
            return nil
        }
    }

    package static var allValueStrings: [String] { State.allCases.map(\.rawValue) + ["all"] }

    /// Empty where none was chosen: what is alive.
    package static func states(of choices: [StateChoice]) -> Set<State> {
        var states: Set<State> = []
        for choice in choices {
            switch choice {
            case .all: states.formUnion(State.allCases)
            case .one(let state): states.insert(state)
            }
        }
        return states
    }

    static func fingerprint(of choices: [StateChoice]) -> String {
        states(of: choices).map(\.rawValue).sorted().joined(separator: ",")
    }
}

extension LoginFilterOptions {
    /// Whether any flag was given.
    var isGiven: Bool { filter(at: Instant.epoch) != SessionFilter() }
}
