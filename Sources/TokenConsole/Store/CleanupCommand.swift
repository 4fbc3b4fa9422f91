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
              tokenctl cleanup --vacuum incremental --skip-if-running
            """)
    static let result = ResultShape.report("cleanup")

    @Option(help: ArgumentHelp("sessions, refresh, denylist, keys, audit; several with commas", valueName: "parts"))
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

    @Option(help: ArgumentHelp("Stop before more rows than these are removed; a login goes whole", valueName: "n"))
    var maxRows: Int?

    @Option(
        help: "What becomes of free pages: none keeps them for new rows, incremental gives them back in small steps")
    var vacuum: Cleanup.Vacuum = .none

    @Flag(help: "While another cleanup runs: say so and exit 0 instead of 75")
    var skipIfRunning = false

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
        options.vacuum = vacuum
        options.acceptsClock = acceptClock
        options.reason = try act.reason(in: console)
        let cleanup = Cleanup(options)
        let guards = Guards(act)
        let isVerbose = console.globals.verbosity > 0
        if act.isDryRun || guards.hasAny {
            let survey = try cleanup.survey(console.store(for: .reading))
            if guards.hasAny {
                let preview = Preview(action: "cleanup", tier: .one, summary: "", count: survey.counts.total)
                try guards.check(preview, policyLimit: .max)
            }
            if act.isDryRun {
                var result = CleanupResult()
                result.counts = survey.counts
                result.tables = survey.tables()
                result.skipped = survey.skipped
                result.finished = maxRows.map { survey.counts.rows <= $0 } ?? true
                return try console.show(CleanupReport(result, isDryRun: true, isVerbose: isVerbose).report)
            }
        }
        guard !console.globals.isReadOnly else { throw Failure(.notPermitted, "--read-only refuses every act") }
        do {
            let result = try run(cleanup, in: &console)
            try console.show(CleanupReport(result, isDryRun: false, isVerbose: isVerbose).report)
            // Nobody reads the report of a job: what it was told to do and cannot would never be known.
            if console.globals.isCron {
                for (part, why) in result.skipped { try console.notes.warn("\(part.rawValue) skipped: \(why)") }
            }
            guard !result.finished else { return }
        } catch let failure as Failure where skipIfRunning && failure.isOfRunningCleanup {
            var result = CleanupResult()
            result.finished = false
            result.skipped = options.parts.sorted { $0.rawValue < $1.rawValue }.map { ($0, failure.message) }
            return try console.show(
                CleanupReport(result, isDryRun: false, instead: failure.message, isVerbose: isVerbose).report)
        }
        if console.interruption.isRequested {
            throw Failure(.interrupted, "stopped after a whole step; run it again to go on")
        }
        console.outcome = .partial
    }

    /// A signal is answered after a whole step, never in the middle of one.
    private func run(_ cleanup: Cleanup, in console: inout Console) throws -> CleanupResult {
        let interruption = console.interruption
        let store = try console.store(for: .writing)
        let actor = console.recordedActor
        let total = console.showsProgress ? try cleanup.plan(store).total : nil
        return try interruption.protecting {
            try console.showingProgress("cleanup") { progress in
                try cleanup.run(store, as: actor, total: total, progress: progress) { interruption.isRequested }
            }
        }
    }
}

extension Cleanup.Vacuum: ExpressibleByArgument {}

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
