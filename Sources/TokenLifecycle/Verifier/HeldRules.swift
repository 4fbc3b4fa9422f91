/// The denylist as a `Verifier` holds it: many rules that stay as they are, and the few that came since.
///
/// A value: a new one is made beside the one that verifications use, and shares the large table with it.
struct HeldRules: Sendable {
    private var settled: RuleTable
    private var recent = RuleTable()
    /// Scopes that any rule has: others need no look-up.
    private var scopes: UInt8 = 0

    init(for count: Int = 0) {
        settled = RuleTable(for: count)
    }

    var count: Int { settled.count + recent.count }

    /// The rule of a scope and value.
    func rule(_ scope: DenyScope, _ value: String) -> RuleTable.Rule? {
        guard scopes & scope.bit != 0 else { return nil }
        let name = RuleTable.Name(scope, value)
        // What was widened is in both: the recent one counts.
        return recent[name] ?? settled[name]
    }

    /// While all are read for the first time. A snapshot may have several of one scope and value: what any of them denies is
    /// denied.
    mutating func settle(_ scope: DenyScope, _ value: String, cutOff: Int64, until: Int64) {
        scopes |= scope.bit
        let name = RuleTable.Name(scope, value)
        let other = settled[name]
        settled.insert(
            .init(name, cutOff: max(cutOff, other?.cutOff ?? .min), until: max(until, other?.until ?? .min)))
    }

    mutating func add(_ scope: DenyScope, _ value: String, cutOff: Int64, until: Int64) {
        scopes |= scope.bit
        recent.insert(.init(RuleTable.Name(scope, value), cutOff: cutOff, until: until))
    }

    /// Moves the recent ones over once they are many, and lets go of rules that match nothing any more after `second`.
    mutating func settleRecent(after second: Int64) {
        guard recent.count > max(1024, settled.count / 8) else { return }
        var all = RuleTable(for: count)
        settled.forEach { if $0.until >= second { all.insert($0) } }
        recent.forEach { if $0.until >= second { all.insert($0) } }
        settled = all
        recent = RuleTable()
    }
}
