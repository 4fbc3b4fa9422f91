internal import TokenJOSE
internal import TokenLifecycle

/// What a cleanup did, in lines for people and members for programs.
struct CleanupReport {
    private let result: CleanupResult
    private let isDryRun: Bool
    /// The headline where nothing was done at all.
    private let instead: String?
    /// Tells also what always stays, which is no news.
    private let isVerbose: Bool

    init(_ result: CleanupResult, isDryRun: Bool, instead: String? = nil, isVerbose: Bool) {
        self.result = result
        self.isDryRun = isDryRun
        self.isVerbose = isVerbose
        self.instead = instead
    }

    var report: Report {
        var report = Report(action: "cleanup", items: [], lines: lines, details: result.json)
        report.matched = result.counts.total
        report.changed = isDryRun ? 0 : result.counts.total
        report.dryRun = isDryRun
        report.audit = result.audit
        return report
    }

    private var lines: [String] {
        if let instead { return [instead + ": nothing was done"] }
        var lines = [headline]
        if result.counts.ended > 0 {
            let marked = result.counts.ended.counted("logged-out session")
            lines.append("\(marked) \(isDryRun ? "would be " : "")marked ended")
        }
        lines += result.tables.compactMap(kept)
        lines += result.skipped.map { "\($0.part.rawValue) skipped: \($0.why)" }
        guard !isDryRun else {
            return result.finished ? lines : lines + ["--max-rows would stop it before all of that is gone"]
        }
        lines +=
            result.finished ? [] : ["stopped early: run it again to go on"] + result.tables.compactMap(Self.remains)
        if result.bytesReturned > 0 { lines.append("\(Self.size(result.bytesReturned)) given back to the file system") }
        // How fast is of interest where somebody waited for it.
        if result.took >= .seconds(1) { lines.append(pace) }
        return lines
    }

    private var headline: String {
        var parts: [String] = []
        func add(_ count: Int, _ singular: String, _ plural: String? = nil) {
            if count > 0 { parts.append(count.counted(singular, plural: plural)) }
        }
        let counts = result.counts
        add(counts.sessions, "session")
        add(counts.families, "refresh family", "refresh families")
        add(counts.rules, "denylist rule")
        add(counts.keysRemoved.count, "key")
        add(counts.privateHalves.count, "private key half", "private key halves")
        add(counts.successors, "sealed successor")
        add(counts.auditEvents, "audit event")
        guard !parts.isEmpty else { return "nothing to remove" }
        return parts.joined(separator: ", ") + (isDryRun ? " would be removed" : " removed")
    }

    private var pace: String {
        "\(result.rate.grouped) rows/s for \(Duration.seconds(result.took.components.seconds).text) in "
            + "\(result.batches.counted("step")), the longest lock \(result.longestHold.text); "
            + "\(Self.size(result.bytesFree)) free in the file"
    }

    private func kept(_ table: CleanupTable) -> String? {
        let always: [CleanupTable.Why] = isVerbose || table.name == .rules ? [] : [.signing, .session, .forever]
        let told = table.kept.filter { !always.contains($0.why) }
        guard !told.isEmpty else { return nil }
        let reasons = told.map { kept in
            "\(kept.rows.grouped) \(kept.why.words)" + (kept.until.map { " until \($0.rfc3339)" } ?? "")
        }
        return "\(table.name.words) kept: \(reasons.joined(separator: ", "))"
    }

    private static func remains(_ table: CleanupTable) -> String? {
        guard table.remaining > 0 else { return nil }
        let since = table.oldestRemaining.map { ", the oldest since \($0.rfc3339)" } ?? ""
        return "\(table.name.words) left to remove: \(table.remaining.grouped)\(since)"
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\((bytes >> 10).grouped) KiB" : "\((bytes >> 20).grouped) MiB"
    }
}

extension CleanupTable.Name {
    fileprivate var words: String {
        switch self {
        case .sessions: "sessions"
        case .families: "refresh families"
        case .successors: "sealed successors"
        case .rules: "denylist rules"
        case .keys: "keys"
        case .privateHalves: "private key halves"
        case .auditEvents: "audit events"
        }
    }
}

extension CleanupTable.Why {
    fileprivate var words: String {
        switch self {
        case .alive: "alive, the last"
        case .retention: "within their retention, the last"
        case .session: "with their session"
        case .needed: "needed by tokens that may verify, the last"
        case .grace: "for a lost response, the last"
        case .rollback: "may be brought back, the last"
        case .signing: "signing or next to sign"
        case .forever: "for ever"
        }
    }
}
