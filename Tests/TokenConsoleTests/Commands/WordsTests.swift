import Testing
import TokenConsole
import TokenLifecycle

@Suite struct `A typed line` {
    @Test(
        arguments: [
            ("", []), ("  ", []), ("# all of it", []), ("a b", [["a", "b"]]), ("a;b c;", [["a"], ["b", "c"]]),
            ("a \"b c\" 'd \"e\"'", [["a", "b c", "d \"e\""]]), ("a\\ b \\; \\#", [["a b", ";", "#"]]),
            ("a#b #c", [["a#b"]]), ("'' \"\"", [["", ""]]), ("a\t$HOME *", [["a", "$HOME", "*"]]),
            ("\"a\\\"b\\\\c\\d\" 'a\\b'", [["a\"b\\c\\d", "a\\b"]]),
            // A combining character makes one Character with the one before it, which means what it means all the same.
            ("\"\u{301}a b\" c", [["\u{301}a b", "c"]]), ("'\u{301}' \u{301}", [["\u{301}", "\u{301}"]]),
            ("a;\u{301}b", [["a"], ["\u{301}b"]]), ("\\\"\u{301} '\\\u{301}'", [["\"\u{301}", "\\\u{301}"]]),
        ] as [(String, [[String]])])
    func `becomes commands and words`(line: String, commands: [[String]]) throws {
        #expect(try Words.commands(in: line) == commands)
    }

    @Test(arguments: ["'a", "\"a", "a\\", "\"a\\\""])
    func `that is not finished is refused`(line: String) {
        #expect(throws: Failure.self) { try Words.commands(in: line) }
    }
}
