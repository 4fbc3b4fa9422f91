package import TokenJOSE

/// What a cleanup did, and what it left.
package struct CleanupResult: Sendable {
    package var counts = Cleanup.Counts()
    /// False where a limit or a signal stopped it early.
    package var finished = true
    /// Sequence of the audit event, where something was removed.
    package var audit: Int64?
    package var tables: [CleanupTable] = []
    /// What was asked for and could not be done, with the reason.
    package var skipped: [(part: Cleanup.Part, why: String)] = []
    package var took: Duration = .zero
    package var batches = 0
    /// The longest that one transaction or checkpoint held the database.
    package var longestHold: Duration = .zero
    /// Bytes of the file given back to the file system, and those that stay in it for new rows.
    package var bytesReturned = 0
    package var bytesFree = 0

    package init() {}

    /// Rows a second.
    package var rate: Int {
        let seconds = Double(took.milliseconds) / 1000
        return seconds > 0 ? Int(Double(counts.rows) / seconds) : 0
    }
}

/// One table of the report: what could go, what went, and why the rest stays.
package struct CleanupTable: Sendable, Equatable {
    package enum Name: String, CaseIterable, Sendable {
        case sessions, families, successors, rules
        case keys, privateHalves = "private_halves", auditEvents = "audit_events"
    }

    /// Why rows stay.
    package enum Why: String, CaseIterable, Sendable {
        /// A login that lives.
        case alive
        /// Over, and kept for as long as the policy or `--older-than` says.
        case retention
        /// Its session stays.
        case session
        /// Tokens that have not expired need it.
        case needed
        /// A lost response may still be asked for again.
        case grace
        /// A replaced key may still be brought back.
        case rollback
        /// It signs, or will.
        case signing
        /// It never becomes dispensable: a rule for a key, an audit record without a retention.
        case forever = "for_ever"
    }

    package struct Kept: Sendable, Equatable {
        package var why: Why
        package var rows: Int
        /// When the last of them may go, as things stand; nil where nobody can say.
        package var until: Instant?
    }

    package var name: Name
    package var removed = 0
    /// What may go and is still there.
    package var remaining = 0
    /// Since when the oldest of those has not been needed.
    package var oldestRemaining: Instant?
    package var kept: [Kept] = []

    package var eligible: Int { removed + remaining }
}

extension CleanupTable {
    package var json: JSON {
        func time(_ instant: Instant?) -> JSON { instant.map { .string($0.rfc3339) } ?? .null }
        return .object([
            .init("table", .string(name.rawValue)), .init("eligible", .integer(Int64(eligible))),
            .init("removed", .integer(Int64(removed))), .init("remaining", .integer(Int64(remaining))),
            .init("oldest_remaining", time(oldestRemaining)),
            .init(
                "kept",
                .array(
                    kept.map { kept in
                        .object([
                            .init("why", .string(kept.why.rawValue)), .init("rows", .integer(Int64(kept.rows))),
                            .init("until", time(kept.until)),
                        ])
                    })),
        ])
    }
}

extension CleanupResult {
    package var json: [JSON.Member] {
        counts.json + [
            .init("finished", .bool(finished)), .init("tables", .array(tables.map(\.json))),
            .init(
                "skipped",
                .array(
                    skipped.map {
                        .object([.init("part", .string($0.part.rawValue)), .init("why", .string($0.why))])
                    })),
            .init("took_ms", .integer(took.milliseconds)), .init("rows_per_second", .integer(Int64(rate))),
            .init("batches", .integer(Int64(batches))),
            .init("longest_lock_ms", .integer(longestHold.milliseconds)),
            .init("bytes_returned", .integer(Int64(bytesReturned))),
            .init("bytes_free", .integer(Int64(bytesFree))),
        ]
    }
}
