package import TokenJOSE

/// What an act did. Scripts read it as JSON, people as a few lines; both come from here.
package struct Report: Sendable {
    package struct Item: Sendable, Equatable {
        /// The object: `ses_…`, a kid, a user, a rule's number.
        package var id: String
        package var outcome: Outcome
        /// What a person wants to know of it: when it ended before, by whom.
        package var note: String?

        package init(_ id: String, _ outcome: Outcome, note: String? = nil) {
            self.id = id
            self.outcome = outcome
            self.note = note
        }
    }

    package enum Outcome: String, CaseIterable, Sendable {
        case created, changed, ended, removed, denied, revoked, published, unchanged, failed
    }

    package var action: String
    package var dryRun = false
    package var matched: Int
    package var changed: Int
    package var unchanged: Int
    package var failed = 0
    package var items: [Item]
    package var stillValidUntil: Instant?
    /// Sequence of the audit event, where one was written.
    package var audit: Int64?
    /// Lines for a person: the headline first.
    package var lines: [String]
    /// What was not done and somebody has to know of: said beside the result, a sentence each.
    package var warnings: [String] = []
    /// Members beyond the common ones, documented with the verb.
    package var details: [JSON.Member]

    package init(
        action: String, items: [Item], lines: [String], stillValidUntil: Instant? = nil, details: [JSON.Member] = []
    ) {
        self.action = action
        self.items = items
        self.matched = items.count
        self.unchanged = items.count { $0.outcome == .unchanged }
        self.failed = items.count { $0.outcome == .failed }
        self.changed = items.count - unchanged - failed
        self.stillValidUntil = stillValidUntil
        self.lines = lines
        self.details = details
    }

    /// The end of a headline: tokens are denied here at once, so who asks nobody is the one who has to be told of.
    static func acceptedElsewhere(until instant: Instant?, at now: Instant) -> String {
        instant.map { "; a verifier without the denylist accepts access tokens until \($0.clockText(at: now))" } ?? ""
    }
}
