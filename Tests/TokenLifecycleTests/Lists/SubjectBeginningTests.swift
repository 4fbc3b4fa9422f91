import Testing
import TokenStorage

@testable import TokenLifecycle

/// What lists of names with one beginning go by instead of the names.
@Suite struct `Beginnings of subjects` {
    private let test: TestStore

    init() throws {
        test = try TestStore(nil)
        for user in ["al", "alice.mayer", "zoë-zoë-zoë"] { _ = try test.logIn(user) }
    }

    private var wrong: [String] {
        get throws { try test.read { try $0.wrongEntries() }.map { "\($0.table) \($0.missing) \($0.astray)" } }
    }

    @Test func `are of as many characters as are looked for`() throws {
        let known = try test.read {
            try $0.sql.rows("SELECT beginning FROM session_subject").map { try $0.get(0, as: String.self) }
        }
        #expect(known == ["al", "alice.ma", "zoë-zoë-"])
        #expect(known.map(\.unicodeScalars.count).max() == SubjectBeginning.characters)
        for (pattern, decided) in [
            ("a*", true), ("alice.ma*", true), ("alice.may*", false), ("zoë-zoë-*", true), ("al", false), ("*", true),
            ("zoe\u{308}-zoe\u{308}*", false),
        ] {
            #expect(NamePattern(pattern).isDecidedByBeginning == decided, "\(pattern)")
        }
    }

    @Test(
        arguments: [
            ("UPDATE session_subject SET beginning = 'alice.mb' WHERE session_id = 2", "session_subject 1 0"),
            ("DELETE FROM session_subject WHERE session_id < 3", "session_subject 2 0"),
            ("INSERT INTO session_subject VALUES (77, 'al')", "session_subject 0 1"),
        ] as [(SQL, String)])
    func `that are wrong are told by doctor`(damage: SQL, told: String) throws {
        #expect(try wrong.isEmpty)
        try test.tamper(damage)
        #expect(try wrong == [told])
    }

    @Test func `come and go with their sessions`() throws {
        try test.tamper("DELETE FROM session WHERE id = 2")
        #expect(try test.count("session_subject") == 2)
        #expect(try wrong.isEmpty)
    }

    @Test func `are counted in code points, however many make a character`() throws {
        let name = "zoe\u{308}-zoe\u{308}-zoe\u{308}"
        _ = try test.logIn(name)
        var filter = SessionFilter()
        for pattern in ["zoe\u{308}*", "zoe\u{308}-zo*", "zoe\u{308}-zoe*", "zoe\u{308}-zoe\u{308}-*"] {
            filter.users = [pattern]
            let found = try test.read { try $0.sessions(filter, limit: 5).items.map(\.user) }
            #expect(found.map { Array($0.unicodeScalars) } == [Array(name.unicodeScalars)], "\(pattern)")
        }
    }

    @Test func `follow a name that is changed by hand`() throws {
        try test.tamper("UPDATE user SET subject = 'bob' WHERE subject = 'alice.mayer'")
        #expect(try wrong.isEmpty)
        var filter = SessionFilter()
        for (pattern, names) in [("b*", ["bob"]), ("a*", ["al"])] {
            filter.users = [pattern]
            #expect(try test.read { try $0.sessions(filter, limit: 5).items.map(\.user) } == names)
        }
    }
}
