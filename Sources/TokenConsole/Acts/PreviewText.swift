internal import TokenLifecycle

extension Preview {
    /// Beyond this many, a preview counts no further.
    static let countedAtMost = 10_000

    /// What a person reads before agreeing; a dry run's whole answer.
    var lines: [String] {
        var lines = [summary]
        if byUser.count > 1 { lines.append("  by user: \(Self.tally(byUser))") }
        if byClient.count > 1 { lines.append("  by client: \(Self.tally(byClient))") }
        lines += rows.prefix(10).map { "  \($0)" }
        if rows.count < count, !rows.isEmpty {
            lines.append("  and \(Self.counted(count - min(rows.count, 10))) more")
        }
        if let stillValidUntil, !notesSayUntil {
            lines.append(
                "  verifiers that read only public keys accept access tokens until \(stillValidUntil.rfc3339Seconds)")
        }
        return lines + notes.map { "  \($0)" }
    }

    /// What to type, for the prompt of each tier.
    var question: String {
        switch tier {
        case .one, .two: "go on? [y/N] "
        case .three: word == nil ? "type the count, \(count), to go on: " : "type \(expectedWord) to go on: "
        }
    }

    /// Whether `answer` agrees.
    func isAgreed(by answer: String?) -> Bool {
        guard let answer = answer?.trimmingSpaces else { return false }
        switch tier {
        case .one, .two: return ["y", "yes"].contains(answer.lowercased())
        case .three: return isNamed(by: answer)
        }
    }

    private static func tally(_ counts: [(name: String, count: Int)]) -> String {
        let shown = counts.prefix(8).map { "\($0.name) \(counted($0.count))" }
        return (shown + (counts.count > 8 ? ["and \(counted(counts.count - 8)) more"] : [])).joined(separator: ", ")
    }

    private static func counted(_ count: Int) -> String {
        count > countedAtMost ? "\(countedAtMost.grouped)+" : count.grouped
    }
}
