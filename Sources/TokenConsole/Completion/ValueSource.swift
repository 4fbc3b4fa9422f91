internal import ArgumentParser
internal import TokenLifecycle

/// Where the values of an option or argument come from, for completion in every shell: the one place that says so. A
/// test holds that each option and argument of the tree is in it, is a fixed choice, or is free.
enum ValueSource: Equatable {
    case users, clients, sessions, families, keys, rules
    case policies
    /// What the policy named before may be set to, where that is a choice.
    case policyValue
    /// Several names with commas between them.
    case columns, parts
    /// Nouns and verbs, a word at a time, and topics of help.
    case commands
    case files
    /// Nothing to offer: only the person knows.
    case free

    /// By option name, whatever the verb.
    static let options: [String: ValueSource] = [
        "--user": .users, "--not-user": .users, "--client": .clients, "--not-client": .clients,
        "--session": .sessions, "--keep": .sessions, "--key": .keys, "--to": .keys, "--from": .keys,
        "--columns": .columns, "--only": .parts, "--db": .files, "--master-key": .files, "--out": .files,
        "--new-master-key": .files, "--checkpoint": .files, "--textfile": .files, "--file": .files,
    ]

    /// By command and the position of the argument; the last one stands for those that follow.
    static let arguments: [String: [ValueSource]] = [
        "session show": [.sessions], "session revoke": [.sessions], "session touch": [.sessions],
        "session regenerate": [.sessions], "refresh revoke": [.families], "refresh show": [.families],
        "user show": [.users], "user list": [.users], "user logout": [.users],
        "client list": [.clients], "client logout": [.clients], "client show": [.clients], "key show": [.keys],
        "key revoke": [.keys], "key remove": [.keys], "key export pem": [.keys],
        "key publish": [.files], "backup create": [.files], "backup verify": [.files],
        "backup restore": [.files],
        "key import": [.files], "denylist remove": [.rules], "denylist check": [.free],
        "denylist import": [.files],
        "policy get": [.policies], "policy set": [.policies, .policyValue],
        "token verify": [.free], "token inspect": [.free], "token introspect": [.free],
        "token refresh": [.free], "help": [.commands], "__man": [.free],
    ]

    /// The source of an option's values.
    static func of(_ option: CommandArguments.Argument) -> ValueSource {
        option.names.lazy.compactMap { options[$0] }.first ?? .free
    }

    /// The source of the argument at `position` of the command `path`, such as `session show`.
    static func ofArgument(_ position: Int, of path: String) -> ValueSource {
        guard let sources = arguments[path], let last = sources.last else { return .free }
        return position < sources.count ? sources[position] : last
    }
}

extension ValueSource {
    /// What could be meant by `beginning`; `words` are the arguments before it, `columns` those of the verb.
    func offers(
        _ beginning: String, after words: [String], columns: [String], from store: () throws -> StoreReader?
    ) throws -> [Offer] {
        switch self {
        case .users: try store()?.offeredUsers(beginning) ?? []
        case .clients: try store()?.offeredClients(beginning) ?? []
        case .sessions: try store()?.offeredSessions(beginning) ?? []
        case .families: try store()?.offeredFamilies(beginning) ?? []
        case .keys: try store()?.offeredKeys(beginning) ?? []
        case .rules: try store()?.offeredRules(beginning) ?? []
        case .policies: PolicyDefinition.all.map { Offer($0.name, note: $0.summary) }
        case .policyValue: Self.policyChoices(words.last).map { Offer($0) }
        case .columns: Self.list(beginning, of: columns)
        case .parts: Self.list(beginning, of: PartList.allValueStrings)
        case .commands: Self.commands(below: words)
        case .files, .free: []
        }
    }

    private static func policyChoices(_ name: String?) -> [String] {
        let form = PolicyDefinition.all.first { $0.name == name }?.form
        return switch form {
        case .choice(let words): words
        case .optionalDuration, .optionalCount, .path: ["none"]
        default: []
        }
    }

    private static func commands(below words: [String]) -> [Offer] {
        guard let path = try? CommandPath(words, from: Tokenctl.self), path.options.isEmpty else { return [] }
        let topics = words.isEmpty ? HelpTopic.allCases.map { Offer($0.rawValue, note: $0.summary) } : []
        return path.last.displayedSubcommands.map { Offer($0.name, note: $0.configuration.abstract) } + topics
    }

    /// `a,b` goes on to `a,b,c`: names not yet there, behind those that are.
    private static func list(_ beginning: String, of names: [String]) -> [Offer] {
        let chosen = beginning.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
        let before = chosen.map { $0 + "," }.joined()
        return names.filter { !chosen.contains($0) }.map { Offer(before + $0) }
    }
}
