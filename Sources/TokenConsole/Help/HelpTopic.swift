/// What concerns every command and is explained once: `tokenctl help TOPIC`.
enum HelpTopic: String, CaseIterable {
    case globals
    case formats
    case times
    case exitCodes = "exit-codes"
    case filters
    case output
    case acts
    case secrets
    case shell

    var summary: String {
        switch self {
        case .globals: "Options and variables that every command takes"
        case .formats: "How results are written"
        case .times: "How times and durations are written"
        case .exitCodes: "What the exit code says"
        case .filters: "Which sessions, tokens or rules are meant"
        case .output: "Columns, order, paging, and what goes where"
        case .acts: "What is asked before something ends"
        case .secrets: "How tokens and keys get in and out"
        case .shell: "The prompt: keys, rows, settings, scripts"
        }
    }

    func text(columns: Int?) -> String {
        let layout = HelpLayout(columns: columns)
        let text = ([.paragraphs(summary)] + blocks).map(layout.text).joined(separator: "\n")
        // Whatever follows, a prompt most of all, begins on a line of its own.
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    var blocks: [HelpBlock] {
        switch self {
        case .globals:
            [
                .paragraphs("They may stand before or after the verb."), .section("GLOBAL OPTIONS", Self.globalOptions),
                .section("VARIABLES", Self.variables),
            ]
        case .formats: [.section("FORMATS", OutputFormat.allCases.map { ($0.rawValue, $0.summary) })]
        case .times: [.section("TIMES", Self.instants), .section("DURATIONS", Self.durations)]
        case .exitCodes: [.section("EXIT CODES", ExitCode.allCases.map { (String($0.rawValue), $0.summary) })]
        case .filters: [.asIs(Self.filtersPage)]
        case .output: [.asIs(Self.outputPage)]
        case .acts: [.asIs(Self.actsPage)]
        case .secrets: [.asIs(Self.secretsPage)]
        case .shell: [.asIs(Self.shellPage)]
        }
    }

    private static var globalOptions: [HelpBlock.Entry] {
        CommandArguments(of: Tokenctl.self).all.map { ($0.label, $0.explanation) }
    }

    static let variables: [HelpBlock.Entry] = [
        (
            "TOKENCTL_DB",
            "The database; else /var/lib/tokenctl/tokens.db where it exists, else $XDG_DATA_HOME/tokenctl/tokens.db"
        ),
        ("TOKENCTL_OUTPUT", "How results are written"),
        ("TOKENCTL_REASON", "Why, for the audit record"),
        ("TOKENCTL_MASTER_KEY_FILE", "The file of the master key"),
        ("TOKENCTL_MASTER_KEY_PASSPHRASE_FILE", "The file of its passphrase, where nobody can be asked"),
        ("NO_COLOR, CLICOLOR_FORCE", "No colours, or colours everywhere"),
    ]

    private static let instants: [HelpBlock.Entry] = [
        ("2026-01-31T09:30:00Z", "RFC 3339, with an offset or Z; fractions down to milliseconds"),
        ("2026-01-31", "Midnight, UTC"), ("now", "This moment"),
        ("15m", "In filters and with --at: so long ago. In acts: from now on"),
    ]

    private static let durations: [HelpBlock.Entry] = [
        ("90s 15m 1h30m 7d 2w", "Seconds, minutes, hours, days, weeks: from large to small, no sign, no fraction"),
        ("25ms", "Milliseconds, only with --batch-time and --watch"),
    ]
}

extension OutputFormat {
    var summary: String {
        switch self {
        case .table: "Aligned columns for people: the standard on a terminal"
        case .wide: "A table with more columns, never shrunk"
        case .vertical: "A line a value, a block a record"
        case .json: "One object with its schema; lists as items, and next for the page that follows"
        case .ndjson: "A bare object a line"
        case .csv: "Comma-separated, with a header; nothing in it that a spreadsheet would run"
        case .tsv: "Tab-separated, with a header: the standard elsewhere"
        case .id: "An id a line, for other commands to read"
        }
    }
}

extension ExitCode {
    var summary: String {
        switch self {
        case .done: "Done; an empty list; nothing due"
        case .no: "The answer is no: inactive, denied, unhealthy, broken"
        case .critical: "doctor --nagios found something critical"
        case .nothingMatched: "Nothing matched, with --fail-empty; doctor --nagios could not tell"
        case .notFound: "Something that was named does not exist; nothing was changed"
        case .refused: "Refused: a guard did not hold, or a confirmation was declined or missing; nothing was changed"
        case .partial: "Partly done; the rest is listed"
        case .untrusted: "What is stored cannot be trusted: corrupt, altered, or not to be opened"
        case .usage: "The words of the command are wrong"
        case .malformed: "Input is not what it should be"
        case .absent: "No such database or file"
        case .bug: "A bug of tokenctl; nothing half-done was kept"
        case .cannotCreate: "A file cannot be created"
        case .io: "Reading or writing failed; the disk is full"
        case .busy: "Busy: try again"
        case .notPermitted: "No rights, --read-only, no master key or the wrong one"
        case .configuration: "The schema needs a migration or is newer; no database is configured"
        case .hungUp: "HUP: the terminal went away"
        case .interrupted: "INT (Ctrl-C)"
        case .brokenPipe: "PIPE: whoever read the output went away"
        case .terminated: "TERM"
        }
    }
}
