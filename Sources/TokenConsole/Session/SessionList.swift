internal import ArgumentParser
internal import TokenLifecycle

struct SessionList: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List sessions, those alive unless --state says otherwise",
        discussion: """
            What began last comes first; of those ended or expired alone, what ended last. Of those alive, with
            --expires-within what ends first, with --idle-over what was not seen for longest; with --idle-over and --state
            all or ended, what was seen last. --sort created_at, last_seen_at or alive_until, with :desc downwards, says
            otherwise; a logout of all leaves a session its place by alive_until.

            EXAMPLES
              tokenctl session list --user alice
              tokenctl session list --ip 203.0.113.0/24 --state all --json
              tokenctl session list --client 'mobile-*' --idle-over 12h
            """,
        aliases: ["ls"])
    static let result = ResultShape.records(Listing.sessions(at: .epoch))

    @OptionGroup var filter: SessionFilterOptions
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let now = try store.read(\.now)
        let filter = filter.filter(at: now)
        let order = try options.sort.map { try SessionOrder($0.key(), descending: $0.isDescending) }
        try console.noteScan(filter.scanningConditions)
        if options.count {
            let count = try store.read { try $0.countSessions(filter) }
            return try console.count(count, schema: "session.list", options)
        }
        try console.list(.sessions(at: now), options, filters: self.filter.fingerprint) {
            try $0.eachSession(filter, in: order, after: $1, expecting: $2, $3)
        }
    }
}

extension Console {
    /// Ids from the command line, or from standard input where the only one is `-`.
    mutating func targets(_ words: [String]) throws(Failure) -> [String] {
        guard words.contains("-") else { return words }
        guard words.count == 1 else {
            throw Failure(.usage, "- stands alone: ids come from standard input or from the command line")
        }
        let ids = try input.ids()
        // A token piped in where its id was meant would be named in the error, and in whatever log keeps that.
        for (index, id) in ids.enumerated() {
            guard let kind = SecretGuard.secret(in: id) else { continue }
            throw Failure(
                .malformed, "id \(index + 1) on standard input looks like \(kind)",
                hint: "'tokenctl token inspect -' says whose it is")
        }
        guard !ids.isEmpty else { throw Failure(.usage, "there are no ids on standard input") }
        return ids
    }

    /// Shows objects of a verb that takes several: blocks of lines on a terminal, else a listing.
    mutating func showAll<Record>(_ records: [Record], _ listing: Listing<Record>) throws {
        if try askedFormat == nil, output.isTerminal { globals.format = .vertical }
        try list(listing, records)
    }
}
