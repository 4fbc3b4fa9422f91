internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct DoctorCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at every invariant of the store: exit 0 if it is healthy, 1 if not",
        discussion: """
            Findings come gravest first. --deep reads everything: every page of the file, the whole audit chain, every sealed
            key; meanwhile the write-ahead log cannot be shortened.

            EXAMPLES
              tokenctl doctor
              tokenctl doctor --deep --json
              tokenctl doctor --nagios
            """)
    static let result = ResultShape.answer("doctor")

    @Flag(help: "Read everything: pages, references, the audit chain, sealed keys")
    var deep = false

    @Flag(help: "One line with performance data, and exit 0, 1, 2 or 3 as a monitoring plug-in")
    var nagios = false

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard !nagios || (!global.json && global.output == nil) else {
            throw ValidationError("--nagios is a format of its own: leave --output and --json out")
        }
    }

    func run(in console: inout Console) throws {
        let diagnosis = try diagnosis(in: &console)
        if nagios {
            try console.output.writeLine(diagnosis.nagiosLine)
            console.outcome = ExitCode(monitoring: diagnosis.worst)
            return
        }
        let isCron = console.globals.isCron
        try console.show(
            "doctor", diagnosis.json, lines: diagnosis.lines { !isCron || $0.answer > .ok })
        if let failure = diagnosis.failure { throw failure }
        if let worst = diagnosis.findings.first(where: \.isUntrusted) {
            throw Failure(.untrusted, worst.text, hint: worst.hint, target: worst.check)
        }
        if !diagnosis.isHealthy { console.outcome = .no }
    }

    /// Also of a store that does not open, as far as its files can say something.
    private func diagnosis(in console: inout Console) throws -> Diagnosis {
        do {
            return try console.store(for: .reading).diagnose(deep ? .deep : .thorough)
        } catch {
            let failure = ErrorMapper.failure(error)
            let isWorthMore: Bool =
                switch failure.kind {
                case .untrusted, .notPermitted, .configuration, .busy, .io: true
                // Nothing is there, or nothing of ours: then there is nothing to look at.
                default: nagios && failure.kind != .usage && failure.kind != .interrupted
                }
            guard isWorthMore else { throw error }
            return Diagnosis(
                ofUnopened: failure, at: Files.absolute(try console.databasePath), masterKey: console.masterKeySource)
        }
    }
}

extension ExitCode {
    /// The exit codes of a monitoring plug-in.
    init(monitoring answer: Finding.Answer) {
        self =
            switch answer {
            case .ok: .done
            case .warning: .no
            case .critical: .critical
            case .unknown: .nothingMatched
            }
    }
}

extension Diagnosis {
    /// A finding a line, answer and check in columns; what to do below it.
    fileprivate func lines(where isShown: (Finding) -> Bool) -> [String] {
        let width = findings.map(\.check.count).max() ?? 0
        return findings.filter(isShown).flatMap { finding -> [String] in
            let line = finding.answer.rawValue.padded(10) + finding.check.padded(width + 2) + finding.text
            let hint = finding.hint.map { String(repeating: " ", count: width + 12) + $0 }
            return [line] + [hint].compactMap { $0 }
        }
    }

    fileprivate var json: [JSON.Member] {
        [
            .init("healthy", .bool(isHealthy)), .init("worst", .string(worst.rawValue)),
            .init(
                "checks",
                .array(
                    findings.map { finding in
                        .object([
                            .init("check", .string(finding.check)), .init("answer", .string(finding.answer.rawValue)),
                            .init("finding", .string(finding.text)),
                            .init("hint", finding.hint.map(JSON.string) ?? .null),
                            .init(
                                "measures",
                                .object(finding.measures.map { .init($0.name, .integer($0.value)) })),
                        ])
                    })),
        ]
    }

    /// `TOKENCTL WARNING - …|name=value[unit];[warning];[critical]` (Monitoring Plugins Development Guidelines, "Plugin Output").
    fileprivate var nagiosLine: String {
        let grave = findings.filter { $0.answer > .ok }
        var text = grave.first.map { "\($0.check): \($0.text)" } ?? "\(findings.count) checks"
        if grave.count > 1 { text += " (and \(grave.count - 1) more)" }
        let data = findings.flatMap(\.measures).sorted { $0.name < $1.name }.map(\.nagiosText)
        let line = "TOKENCTL \(worst.rawValue.uppercased()) - " + Escaping.visible(text)
        // The bar ends the text.
        return String(line.map { $0 == "|" ? "/" : $0 }) + (data.isEmpty ? "" : "|" + data.joined(separator: " "))
    }
}

extension Finding.Measure {
    /// A threshold that must not be fallen below is the range `n:`.
    fileprivate var nagiosText: String {
        func limit(_ value: Int64?) -> String { value.map { isFloor ? "\($0):" : "\($0)" } ?? "" }
        let parts = ["\(name)=\(value)\(unit.rawValue)", limit(warning), limit(critical)]
        return parts.joined(separator: ";").trimmed(of: ";")
    }
}

extension String {
    fileprivate func trimmed(of end: Character) -> String { String(reversed().drop { $0 == end }.reversed()) }
}
