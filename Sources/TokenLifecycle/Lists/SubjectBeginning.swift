internal import TokenStorage

/// How a subject begins, which `session_subject` tells of every session in order of creation: several dozens a page, where a
/// page has three or four sessions and the names of their users are elsewhere.
enum SubjectBeginning {
    /// In Unicode code points, as SQLite's `substr` counts.
    static let characters = 8
}

extension NamePattern {
    /// Whether the beginning of a subject says whether it matches.
    var isDecidedByBeginning: Bool { beginning.map { $0.unicodeScalars.count <= SubjectBeginning.characters } ?? false }

    /// The users whose names do not match, and begin like those that do as far as is known: on either side of them in the index.
    var mistaken: [SQL] {
        guard let (low, high) = range, let (first, end) = NamePattern(known + "*").range else { return [] }
        let before: SQL = "SELECT id FROM user WHERE subject >= \(first) AND subject < \(low)"
        guard let high else { return [before] }
        return [before, "SELECT id FROM user WHERE subject >= \(high)" + (end.map { " AND subject < \($0)" } ?? "")]
    }

    /// As much as is known of how every subject that matches begins; for a pattern with no `*` but at its end.
    fileprivate var known: String {
        String((beginning ?? exact ?? "").unicodeScalars.prefix(SubjectBeginning.characters))
    }
}

extension [NamePattern] {
    /// What the beginning of every subject that one of them matches meets; for patterns with no `*` but at their ends. Where
    /// it must equal something it stands in an expression, so that no planner makes an index of its own for it.
    func condition(ofBeginning column: StaticString) -> SQL {
        let known = filter { !$0.isDecidedByBeginning }.map(\.known)
        let equal: [SQL] = known.isEmpty ? [] : ["+\(raw: column) IN " + SQL.list(known)]
        return (equal + filter(\.isDecidedByBeginning).map { $0.condition(column) }).anyOf
    }
}

extension StoreReading {
    /// How many sessions' subjects do not begin as is said of them, and of how many it is said that are gone; none in a store
    /// that is whole.
    func wrongBeginnings() throws -> (missing: Int, astray: Int) {
        let missing: Int? = try sql.value(
            """
            SELECT count(*) FROM session s CROSS JOIN user u WHERE u.id = s.user_id AND NOT EXISTS
                (SELECT 1 FROM session_subject n
                 WHERE n.session_id = s.id AND +n.beginning = substr(u.subject, 1, \(SubjectBeginning.characters)))
            """)
        let astray: Int? = try sql.value(
            """
            SELECT count(*) FROM session_subject n WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.id = n.session_id)
            """)
        return (missing ?? 0, astray ?? 0)
    }
}
