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

    /// What the beginning of every subject that matches meets; for a pattern with no `*` but at its end. The column stands in
    /// an expression, so that no planner makes an index of its own for it.
    func condition(ofBeginning column: StaticString) -> SQL {
        isDecidedByBeginning ? condition(column) : "+\(raw: column) = \(known)"
    }

    /// For all names of which the beginning says the same as of those that match.
    var asKnown: NamePattern { NamePattern(known + "*") }

    private var known: String {
        let known = (beginning ?? exact ?? "").unicodeScalars.prefix(SubjectBeginning.characters)
        return String(String.UnicodeScalarView(known))
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
