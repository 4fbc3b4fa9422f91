internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct CleanupCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Remove what nothing needs any more, in small steps beside a live application",
        discussion: """
            EXAMPLES
              tokenctl cleanup --dry-run
              tokenctl cleanup --cron --max-time 10m
              tokenctl cleanup --only sessions,denylist --older-than 7d
            """)
    static let result = ResultShape.report("cleanup")

    @Option(help: ArgumentHelp("sessions, refresh, denylist, keys; several with commas", valueName: "parts"))
    var only: PartList?

    @Option(
        help: ArgumentHelp("Keep ended and expired logins for so long (else retention.ended)", valueName: "dur"),
        transform: DurationOption.parse)
    var olderThan: Duration?

    @Option(
        help: ArgumentHelp("How long a step may hold the database", valueName: "dur"),
        transform: DurationOption.parseWithMilliseconds)
    var batchTime: Duration = .milliseconds(25)

    @Option(help: ArgumentHelp("Stop after so long", valueName: "dur"), transform: DurationOption.parse)
    var maxTime: Duration?

    @Option(help: ArgumentHelp("Stop after so many rows", valueName: "n"))
    var maxRows: Int?

    @Flag(help: "The system clock is right, although nothing was written for more than 30 days")
    var acceptClock = false

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        if let maxRows, maxRows < 1 { throw Failure(.usage, "--max-rows is at least 1") }
        guard batchTime >= .milliseconds(1), batchTime <= .seconds(10) else {
            throw Failure(.usage, "--batch-time is 1ms to 10s")
        }
        var options = Cleanup.Options()
        if let only { options.parts = only.parts }
        options.olderThan = olderThan
        options.batchTime = batchTime
        options.maxTime = maxTime
        options.maxRows = maxRows
        options.acceptsClock = acceptClock
        options.reason = try act.reason(in: console)
        let cleanup = Cleanup(options)
        let guards = Guards(act)
        if act.isDryRun || guards.hasAny {
            let counts = try cleanup.plan(console.store(for: .reading))
            if guards.hasAny {
                let preview = Preview(action: "cleanup", tier: .one, summary: "", count: counts.total)
                try guards.check(preview, policyLimit: .max)
            }
            if act.isDryRun { return try console.show(report(counts, finished: true, isDryRun: true)) }
        }
        let interruption = console.interruption
        guard !console.globals.isReadOnly else { throw Failure(.notPermitted, "--read-only refuses every act") }
        let store = try console.store(for: .writing)
        let actor = console.recordedActor
        // A signal is answered after a whole step, never in the middle of one.
        let total = console.showsProgress ? try cleanup.plan(store).total : nil
        let (counts, finished, audit) = try interruption.protecting {
            try console.showingProgress("cleanup") { progress in
                try cleanup.run(store, as: actor, total: total, progress: progress) { interruption.isRequested }
            }
        }
        var report = report(counts, finished: finished, isDryRun: false)
        report.audit = audit
        try console.show(report)
        guard !finished else { return }
        if interruption.isRequested {
            throw Failure(.interrupted, "stopped after a whole step; run it again to go on")
        }
        console.outcome = .partial
    }

    private func report(_ counts: Cleanup.Counts, finished: Bool, isDryRun: Bool) -> Report {
        let words = isDryRun ? "would be removed" : "removed"
        var parts: [String] = []
        func add(_ count: Int, _ singular: String, _ plural: String? = nil) {
            if count > 0 { parts.append(count.counted(singular, plural: plural)) }
        }
        add(counts.sessions, "session")
        add(counts.families, "refresh family", "refresh families")
        add(counts.rules, "denylist rule")
        add(counts.keysRemoved.count, "key")
        add(counts.privateHalves.count, "private key half", "private key halves")
        add(counts.successors, "sealed successor")
        var lines = [parts.isEmpty ? "nothing to remove" : parts.joined(separator: ", ") + " " + words]
        if counts.ended > 0 {
            lines.append("\(counts.ended.counted("logged-out session")) \(isDryRun ? "would be " : "")marked ended")
        }
        if !finished { lines.append("stopped early: run it again to go on") }
        var report = Report(
            action: "cleanup", items: [], lines: lines, details: counts.json + [.init("finished", .bool(finished))])
        report.matched = counts.total
        report.changed = isDryRun ? 0 : counts.total
        report.dryRun = isDryRun
        return report
    }
}

/// `sessions,denylist`: parts of a cleanup.
struct PartList: ExpressibleByArgument, Sendable {
    let parts: Set<Cleanup.Part>

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let known = words.compactMap(Cleanup.Part.init)
        guard known.count == words.count, !known.isEmpty else { return nil }
        parts = Set(known)
    }

    static let allValueStrings = Cleanup.Part.allCases.map(\.rawValue)
}
