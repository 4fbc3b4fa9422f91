package import TokenJOSE

/// Something that changes the store: decided without writing, shown, decided again inside the write transaction, applied.
///
/// `decide` reads only, and runs once for the preview and once more in the transaction that applies it, so guards hold
/// against what is really there. Randomness and key generation happen before, in the act's initialiser.
package protocol Act {
    associatedtype Decision

    func decide(_ store: some StoreReading) throws -> Decision
    func preview(_ decision: Decision) -> Preview
    func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report
    /// What follows once the act is durable and cannot be part of its transaction, such as writing a file.
    func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report
}

extension Act {
    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report { report }
}

/// How much must be said before an act runs. The tier follows what ends, not the rows written.
package enum Tier: Int, Comparable, Sendable {
    /// Acts at once: one session, a planned rotation, cleanup.
    case one = 1
    /// Asks `[y/N]` or `--yes`, and wants a reason.
    case two
    /// Asks for the count or a word, or `--yes` with a guard; wants a reason.
    case three

    package static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }

    /// The tier of ending `count` logins at once.
    package static func ending(_ count: Int) -> Tier {
        switch count {
        case ...1: .one
        case ...25: .two
        default: .three
        }
    }
}

/// What an act would do, for a person to judge and for guards to hold against.
package struct Preview: Sendable {
    /// The act's name in reports and audit: `session.revoke`.
    package var action: String
    package var tier: Tier
    /// One line: "end 3 sessions of alice".
    package var summary: String
    /// What the act matches: `--expect-count` and `--max-affected` are held against it.
    package var count: Int
    /// Whether more than `count` match: counting went no further.
    package var isCapped = false
    /// What to type at a tier 3 prompt, where it is not the count: a kid, a client, a file name or `everyone`.
    package var word: String?
    /// Counted by user and by client, largest first.
    package var byUser: [(name: String, count: Int)] = []
    package var byClient: [(name: String, count: Int)] = []
    /// The first rows, ids resolved, for reading.
    package var rows: [String] = []
    /// When the last access token that a verifier without the denylist would still accept expires.
    package var stillValidUntil: Instant?
    /// What else will and will not happen, a sentence each.
    package var notes: [String] = []
    /// Members of the report that a dry run can tell already.
    package var details: [JSON.Member] = []
    /// Whether the notes say in words of their own until when tokens are accepted elsewhere.
    package var notesSayUntil = false

    package init(action: String, tier: Tier, summary: String, count: Int, word: String? = nil) {
        self.action = action
        self.tier = tier
        self.summary = summary
        self.count = count
        self.word = word
    }
}
