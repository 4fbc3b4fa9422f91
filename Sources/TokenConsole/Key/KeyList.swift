internal import ArgumentParser
internal import TokenLifecycle

struct KeyList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List keys, all that are not removed or revoked",
        discussion: """
            In the order they were made; --sort created_at:desc gives the newest first.

            EXAMPLES
              tokenctl key list
              tokenctl key list --state all --json
              tokenctl key list --key 7dQ2xY --state all
            """,
        aliases: ["ls"])

    static let result = ResultShape.records(Listing.keys())

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("standby, active, retiring, removed, revoked or all", valueName: "state"))
    var states: [StateChoice<KeyState>] = []

    @Option(
        name: .customLong("key"),
        help: ArgumentHelp("This key: its kid, or a beginning of at least six characters", valueName: "kid"))
    var keys: [String] = []

    @OptionGroup var times: CreationOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        _ = try options.sort?.key(CreationOnly.self)
        let meant = try store.read { try records($0) }
        if options.count { return try console.count(meant.count, schema: "key.list", options) }
        let descending = options.sort?.isDescending ?? false
        let words = "\(StateChoice.fingerprint(of: states)) \(keys) \(times.fingerprint)"
        try console.list(.keys(), options, filters: words) { _, after, _, give in
            for record in meant {
                if let last = after?.numbers.first, descending ? record.key.row >= last : record.key.row <= last {
                    continue
                }
                guard try give(record, ListPosition(numbers: [record.key.row])) else { return }
            }
        }
    }

    private func records(_ reader: StoreReader) throws -> [KeyRecord] {
        let chosen = StateChoice.states(of: states)
        let named = try Set(keys.map { try reader.key(named: $0).kid })
        let since = times.since?.resolved(at: reader.now, .ago)
        let until = times.until?.resolved(at: reader.now, .ago)
        let meant = try reader.keyRecords().filter { record in
            let created = record.key.createdAt
            return (chosen.isEmpty ? record.state.verifies : chosen.contains(record.state))
                && (named.isEmpty || named.contains(record.key.kid)) && since.map { created >= $0 } ?? true
                && until.map { created < $0 } ?? true
        }
        return options.sort?.isDescending == true ? meant.reversed() : meant
    }
}
