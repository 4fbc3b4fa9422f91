import Testing
import TokenJOSE

@testable import TokenConsole

@Suite struct `Hostile text` {
    @Test(arguments: [
        ("plain Ünïcödé 日本 ☃", "plain Ünïcödé 日本 ☃"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{1B}[31m", "\\x1b[31m"),
        ("\u{0}\u{7F}\u{9B}31m", "\\x00\\x7f\\x9b31m"), ("a\u{202E}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
        ("z\u{200B}w\u{200D}j\u{FEFF}", "z\\u{200b}w\\u{200d}j\\u{feff}"), ("soft\u{AD}hyphen", "soft\\xadhyphen"),
        ("line\u{2028}sep\u{2029}", "line\\u{2028}sep\\u{2029}"), ("tag\u{E0041}", "tag\\u{e0041}"),
        ("filler\u{3164}", "filler\\u{3164}"), ("heart❤\u{FE0F}", "heart❤\u{FE0F}"), (#"CORP\alice"#, #"CORP\alice"#),
    ])
    func `is shown, not obeyed`(text: String, shown: String) {
        #expect(Escaping.visible(text) == shown)
    }

    @Test func `never gets a control into any format, alone in JSON as an escape`() {
        let evil = "\u{1B}]0;x\u{7}\n\u{202E}\u{85}"
        for format in ["table", "wide", "vertical", "csv", "tsv", "id"] {
            let output = Run(["pet", "list", evil, "-o", format]).output
            let hostile = output.unicodeScalars.filter { scalar in
                (scalar.value < 0x20 && scalar != "\n" && scalar != "\t" && scalar != "\r")
                    || (0x7F..<0xA0).contains(scalar.value) || scalar == "\u{202E}"
            }
            #expect(hostile.isEmpty, "\(format)")
        }
        #expect(Run(["pet", "list", evil, "-o", "ndjson"]).output.filter { $0 == "\n" }.count == 1)
    }

    @Test(arguments: [
        ("plain Ünïcödé 日本", "plain Ünïcödé 日本"), ("\u{7F}\u{85}\u{9B}31m", "\\u007f\\u0085\\u009b31m"),
        ("a\u{202E}b\u{2028}c\u{FEFF}", "a\\u202eb\\u2028c\\ufeff"), ("tag\u{E0041}", "tag\\udb40\\udc41"),
        ("soft\u{AD}\u{200B}", "soft\\u00ad\\u200b"), ("\u{1B}\\\"", "\\u001b\\\\\\\""),
    ])
    func `is escaped in JSON, which reads back the same`(text: String, shown: String) throws {
        #expect(JSON.string(text).shownText == "\"\(shown)\"")
        #expect(try JSON(parsing: JSON.string(text).shownText) == .string(text))
        for format in ["json", "ndjson"] {
            #expect(Run(["pet", "show", text, "-o", format]).output.contains("\"name\":\"\(shown)\""))
        }
        #expect(Run(["pet", "list", text, "--json"]).output.contains("\"name\":\"\(shown)\""))
    }

    @Test func `is escaped in JSON errors`() {
        #expect(
            Run(["fail", "io", "--json"]).errors.contains(#""message":"it \u001b[31mfailed\n","hint":"look\u202e""#))
    }

    @Test(arguments: [
        ("plain", "plain"), ("a b", "\"a b\""), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("=1+1", "\"'=1+1\""), ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("\t=1", "\\t=1"), ("a\nb", "a\\nb"), ("", ""), ("a\"\u{301},b", "\"a\"\"\u{301},b\""),
    ])
    func `runs in no spreadsheet`(text: String, field: String) {
        #expect(Escaping.commaSeparated(text, isText: true) == field)
    }

    @Test func `is not quoted where a number may be negative`() {
        #expect(Escaping.commaSeparated("-1", isText: false) == "-1")
    }

    @Test func `can be read back from a tab-separated line`() {
        #expect(Escaping.tabSeparated("a\tb\\n\n") == "a\\tb\\\\n\\n")
    }
}
