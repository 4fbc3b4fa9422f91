internal import TokenStorage

/// Takes away the entries that a cleanup left behind, table by table, each in its own order: every page is changed once.
///
/// An index, or a trigger, would have changed a page for nearly every entry, because those of sessions that lie side by side
/// lie anywhere (docs/decisions/0010-entries-are-swept.md). Which sessions are left is asked of a bitmap, not of their table,
/// whose rows lie anywhere too.
struct EntrySweep {
    /// Of the store whose sessions were looked at. A restore begins another, and may bring sessions back.
    private let epoch: Int64
    /// The numbers that this sweep is about: none of them is given to a session any more.
    private let numbers: ClosedRange<Int64>
    private let living: RowNumbers
    /// What is left to go through, and the last entry seen of the first of them.
    private var tables = SessionEntries.allCases[...]
    private var position: [SQLValue]?

    static let question: StaticString = "is_gone"

    /// The numbers that sessions have ever had, in parts that a bitmap holds.
    static func parts(of store: some StoreReading) throws -> [ClosedRange<Int64>] {
        let given: Int64 = try store.sql.value("SELECT seq FROM sqlite_sequence WHERE name = 'session'") ?? 0
        let last = max(given, 1)
        try store.requireSessionNumber(last)
        return stride(from: 1, through: last, by: Int(RowNumbers.widest)).map { first in
            first...min(last, first + RowNumbers.widest - 1)
        }
    }

    init(_ numbers: ClosedRange<Int64>, _ store: some StoreReading) throws {
        epoch = store.facts.epoch
        self.numbers = numbers
        living = try store.sessionsThere(numbers)
    }

    /// What `question` answers.
    var isGone: @Sendable (Int64) -> Bool {
        { [numbers, living] in numbers.contains($0) && !living.contains($0) }
    }

    /// Goes through the next entries, at most so many. Answers whether any are left; nil where the store was restored
    /// meanwhile.
    mutating func step(_ store: StoreWriter, _ limit: Int) throws -> Bool? {
        guard store.facts.epoch == epoch else { return nil }
        guard let entries = tables.first else { return false }
        position = try store.sweep(entries, after: position, limit)
        if position == nil { tables.removeFirst() }
        return !tables.isEmpty
    }
}

extension StoreReading {
    /// Whether sessions that stopped being alive before `cut` are so many that leaving their entries for a sweep is cheaper: it
    /// reads what is left of the others, and an entry removed alone costs as much as some ten that are read.
    func isSweepCheaper(_ cut: Instant, atMost most: Int) throws -> Bool {
        guard let numbers = try sessionNumbers() else { return false }
        let tenth = numbers.count / 10
        return try min(most, countUncleaned(before: cut, upTo: tenth + 1)) > tenth
    }
}

extension StoreWriter {
    /// From here on, removed sessions leave their entries behind.
    func leaveEntries() throws {
        if !facts.sweepIsDue { try execute("UPDATE store SET sweep_due = 1 WHERE id = 1") }
    }

    func entriesAreSwept() throws {
        try execute("UPDATE store SET sweep_due = 0 WHERE id = 1")
    }

    /// Sweeps at once and whole.
    func sweepEntries() throws {
        for entries in SessionEntries.allCases {
            try execute("DELETE FROM \(raw: entries.table) WHERE session_id NOT IN (SELECT id FROM session)")
        }
        try entriesAreSwept()
    }

    /// Of the next entries, at most so many, removes those of sessions that are gone. Returns the last of them, nil at the end.
    fileprivate func sweep(
        _ entries: SessionEntries, after position: [SQLValue]?, _ limit: Int
    ) throws -> [SQLValue]? {
        let columns: [SQL] = (entries.columns + ["session_id"]).map { "\(raw: $0)" }
        let key = columns.joined(by: ", ")
        let after: SQL = position.map { "(" + key + ") > " + .list($0) } ?? "1 = 1"
        let last = try sql.row(
            "SELECT " + key + " FROM \(raw: entries.table) WHERE " + after + " ORDER BY " + key
                + " LIMIT 1 OFFSET \(limit - 1)"
        ).map { row in try columns.indices.map { try row.get($0, as: SQLValue.self) } }
        let through: SQL = last.map { " AND (" + key + ") <= " + .list($0) } ?? ""
        try execute(
            "DELETE FROM \(raw: entries.table) WHERE " + after + through
                + " AND \(raw: EntrySweep.question)(session_id)")
        return last
    }
}
