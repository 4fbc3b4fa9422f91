internal import TokenStorage

/// Sessions in order of creation, without those of spans in which nobody is alive (`session_span`): among old ones the living
/// are few, and the dead stay until a cleanup takes them away.
struct LivingSessions: ListStream {
    /// A span has 64 numbers; which one a number is in, its bits above these six say.
    private static let bits: Int64 = 6

    private let now: Instant
    private let descending: Bool
    /// The last number that is meant, in the direction of the walk.
    private let stop: Int64
    /// Everything up to this number has been read.
    private var position: Int64
    private(set) var isExhausted = false
    var buffer: ArraySlice<ListKey> = []

    /// Those whose numbers lie in `rows`, after `position` where one is given. The condition on each row is the query's.
    init(at now: Instant, _ rows: ClosedRange<Int64>, descending: Bool, after position: ListKey?) {
        self.now = now
        self.descending = descending
        let low = max(rows.lowerBound, .min + 1)
        let high = min(rows.upperBound, .max - 1)
        stop = descending ? low : high
        let first = descending ? high + 1 : low - 1
        self.position = position.map { descending ? min($0.row, first) : max($0.row, first) } ?? first
    }

    mutating func advance(_ query: ListQuery, window: Int?, limit: Int, _ sql: any ReadTransaction) throws -> Int {
        let last = stop >> Self.bits
        guard descending ? next >= last : next <= last else {
            isExhausted = true
            return 0
        }
        let end: Int64? = try window.flatMap { try sql.value(lastOfWindow(max($0 >> Self.bits, 1))) }
        let found = try sql.rows(matches(query, until: end) + " LIMIT \(limit)").map(ListKey.init)
        buffer = found[...]
        if found.count == limit, let last = found.last {
            position = last.row
            return 0
        }
        if let end {
            position = end << Self.bits | (descending ? 0 : 1 << Self.bits - 1)
        } else {
            isExhausted = true
        }
        return window ?? 0
    }

    func statements(_ query: ListQuery) -> [SQL] {
        [lastOfWindow(4), matches(query, until: 1), matches(query, until: nil)]
    }

    /// The span of the next number.
    private var next: Int64 { (descending ? position - 1 : position + 1) >> Self.bits }

    /// Spans in which somebody is alive, from the next one to `last`.
    private func spans(until last: Int64) -> SQL {
        "p.span BETWEEN \(min(next, last)) AND \(max(next, last)) AND p.alive_until > \(now)"
    }

    private func lastOfWindow(_ count: Int) -> SQL {
        "SELECT p.span FROM session_span p WHERE " + spans(until: stop >> Self.bits)
            + (descending ? " ORDER BY p.span DESC" : " ORDER BY p.span") + " LIMIT 1 OFFSET \(count - 1)"
    }

    private func matches(_ query: ListQuery, until end: Int64?) -> SQL {
        let number: SQL = "\(raw: query.number)"
        let within = number + " >= p.span << 6 AND " + number + " < (p.span + 1) << 6"
        let living = ListEntries(
            table: "session_span p", link: within, condition: spans(until: end ?? stop >> Self.bits))
        // Within a span the bounds of the walk are looked at row by row: a planner might else begin each span there.
        let rest =
            descending
            ? number + " + 0 < \(position) AND " + number + " + 0 >= \(stop) ORDER BY p.span DESC, " + number + " DESC"
            : number + " + 0 > \(position) AND " + number + " + 0 <= \(stop) ORDER BY p.span, " + number
        return query.select("s.id, 0, s.id", by: living) + rest
    }
}

extension StoreReading {
    /// How many living sessions their span says are dead, or may say so once they have been seen again; none in a store that
    /// is whole.
    func hiddenByTheirSpan() throws -> Int {
        try sql.value(
            """
            SELECT count(*) FROM session s WHERE s.ended_at IS NULL AND s.alive_until > \(now) AND NOT EXISTS
                (SELECT 1 FROM session_span p WHERE p.span = s.id >> 6 AND p.alive_until >= s.alive_until | 0x3FFFFF)
            """) ?? 0
    }

    func hasSpans(before cut: Instant) throws -> Bool {
        try sql.row("SELECT 1 FROM session_span WHERE alive_until < \(cut) LIMIT 1") != nil
    }
}

extension StoreWriter {
    /// Spans in which nobody has been alive since `cut`.
    func removeSpans(_ cut: Instant, _ limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM session_span WHERE span IN
                (SELECT span FROM session_span WHERE alive_until < \(cut) LIMIT \(limit))
            """)
    }
}
