internal import ArgumentParser
internal import TokenLifecycle

/// `policy …`
struct PolicyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Lifetimes, limits and names, for what is born from now on",
        subcommands: [PolicyList.self, PolicyGet.self, PolicySet.self])

    @OptionGroup var global: GlobalOptions
}

extension Listing where Record == PolicySetting {
    static func policies(schema: String = "policy.list") -> Listing {
        Listing(
            schema: schema, id: { $0.definition.name },
            columns: [
                Column("name") { .id($0.definition.name) },
                Column("value", shrinks: 1) { .text($0.value) },
                Column("set") { .bool($0.isSet) },
                Column("valid", .wide) { .bool($0.isValid) },
                Column("range", shrinks: 2) { .text($0.definition.range) },
                Column("summary", header: "MEANING", shrinks: 0) { .text($0.definition.summary) },
                Column("standard", .wide) { .text($0.definition.standard) },
                Column("valid", .wide) { .bool($0.isValid) },
            ])
    }
}

struct PolicyList: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List every policy, its value and range",
        discussion: """
            EXAMPLES
              tokenctl policy list
            """,
        aliases: ["ls"])
    static let result = ResultShape.records(Listing.policies())

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let settings = try console.store(for: .reading).read { $0.policySettings() }
        try console.list(.policies(), settings)
        for setting in settings where !setting.isValid {
            let name = setting.definition.name
            try console.notes.note("nobody acts by \(name) as it stands; 'tokenctl policy set \(name)' mends it")
        }
    }
}

struct PolicyGet: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print a policy's value",
        discussion: """
            EXAMPLES
              tokenctl policy get access.ttl
            """,
        aliases: ["show"])
    static let result = ResultShape.records(Listing.policies(schema: "policy.get"))

    @Argument(help: ArgumentHelp("The policy", valueName: "name"))
    var name: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let setting = try console.store(for: .reading).read { store in
            let setting = try store.policySetting(name)
            try store.policies.check(name)
            return setting
        }
        if console.wantsDetail { return try console.show(setting, .policies(schema: "policy.get")) }
        try console.show(Fields(schema: "policy.get", id: name, [("value", .text(setting.value))]))
    }
}

struct PolicySet: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a policy, for what is born from now on",
        discussion: """
            EXAMPLES
              tokenctl policy set access.ttl 10m --reason "shorter exposure" --yes
              tokenctl policy set access.ttl --default --yes
            """)
    static let result = ResultShape.report("policy.set")

    @Argument(help: ArgumentHelp("The policy", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("Its value", valueName: "value"))
    var value: String?

    @Flag(name: .customLong("default"), help: "Set it back to its standard value")
    var usesStandard = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        guard usesStandard == (value == nil) else {
            throw Failure(
                .usage, "a value or --default, one of the two", hint: "'tokenctl policy list' shows the ranges")
        }
        let reason = try act.reason(in: console)
        try console.act(PolicyChange(name: name, value: value, reason: reason), act)
    }
}
