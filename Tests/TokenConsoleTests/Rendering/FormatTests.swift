import Testing
import TokenConsole
import TokenLifecycle

@Suite struct `A listing` {
    @Test(arguments: [
        (
            "json",
            "{\"schema\":\"tokenctl/v1/pet.list\",\"items\":[\n{\"name\":\"rex\",\"legs\":4,\"last_seen\":\"2025-12-31T23:57:00.000Z\",\"state\":\"active\",\"note\":\"likes rex\",\"age\":5400,\"tags\":[\"a\"]}\n],\"next\":null}\n"
        ),
        (
            "ndjson",
            "{\"name\":\"rex\",\"legs\":4,\"last_seen\":\"2025-12-31T23:57:00.000Z\",\"state\":\"active\",\"note\":\"likes rex\",\"age\":5400,\"tags\":[\"a\"]}\n"
        ),
        ("csv", "name,legs,last_seen,state,note,age\r\nrex,4,2025-12-31T23:57:00.000Z,active,\"likes rex\",1h30m\r\n"),
        (
            "tsv",
            "name\tlegs\tlast_seen\tstate\tnote\tage\nrex\t4\t2025-12-31T23:57:00.000Z\tactive\tlikes rex\t1h30m\n"
        ),
        ("id", "rex\n"),
        ("table", "NAME  LEGS  LAST SEEN  STATE   NOTE\nrex      4  3m ago     active  likes rex\n"),
        ("wide", "NAME  LEGS  LAST SEEN  STATE   NOTE       AGE\nrex      4  3m ago     active  likes rex  1h30m\n"),
        (
            "vertical",
            "name       rex\nlegs       4\nlast_seen  3m ago\nstate      active\nnote       likes rex\nage        1h30m\n"
        ),
    ])
    func `is written in each of the eight formats from one description`(format: String, text: String) {
        #expect(Run(["pet", "list", "rex", "-o", format]).output == text)
        #expect(Run(["pet", "list", "rex"], environment: ["TOKENCTL_OUTPUT": format]).output == text)
    }

    @Test(arguments: [
        ("json", "{\"schema\":\"tokenctl/v1/pet.list\",\"items\":[],\"next\":null}\n"), ("ndjson", ""), ("id", ""),
        ("csv", "name,legs,last_seen,state,note,age\r\n"), ("table", ""), ("vertical", ""),
    ])
    func `may be empty in each of them`(format: String, text: String) {
        let run = Run(["pet", "list", "-o", format])
        #expect(run.output == text)
        #expect(run.code == .done)
        #expect(Run(["pet", "list", "-o", format, "--fail-empty"]).code == .nothingMatched)
    }

    @Test func `says to a person that nothing matched, and to nobody else`() {
        #expect(Run(["pet", "list"], terminal: true).errors == "tokenctl: note: no pets match\n")
        #expect(Run(["pet", "list"]).errors == "")
        #expect(Run(["pet", "list", "rex"], terminal: true).errors == "")
        #expect(Run(["pet", "list", "-q"], terminal: true).errors == "")
    }

    @Test func `is a table on a terminal, tab-separated elsewhere, vertical where it is narrow`() {
        #expect(Run(["pet", "list", "rex"], terminal: true).output.hasPrefix("NAME  LEGS"))
        #expect(Run(["pet", "list", "rex"]).output.hasPrefix("name\tlegs"))
        #expect(Run(["pet", "list", "rex"], terminal: true, columns: 59).output.hasPrefix("name       rex"))
        #expect(Run(["pet", "list", "rex", "-o", "table"], terminal: true, columns: 59).output.hasPrefix("NAME"))
    }

    @Test func `has the columns asked for, in that order, and no others`() {
        #expect(Run(["pet", "list", "rex", "--columns", "age,name", "--no-header"]).output == "1h30m\trex\n")
        #expect(Run(["pet", "list", "rex", "--columns", "tags", "-o", "ndjson"]).output == "{\"tags\":[\"a\"]}\n")
        let run = Run(["pet", "list", "rex", "--columns", "nmae"])
        #expect(run.code == .usage)
        #expect(run.errors.contains("did you mean 'name'"))
        let strange = Run(["pet", "list", "rex", "--columns", "wings"])
        #expect(strange.errors.contains("columns: name, legs, last_seen, state, note, age, tags"))
    }

    @Test(arguments: [("relative", "3m ago"), ("iso", "2025-12-31T23:57:00.000Z"), ("unix", "1767225420")])
    func `shows times as asked, but in JSON as ever`(style: String, text: String) {
        let arguments = ["pet", "list", "rex", "--columns", "last_seen", "--no-header", "--time", style]
        #expect(Run(arguments).output == text + "\n")
        #expect(Run(arguments + ["-o", "ndjson"]).output == "{\"last_seen\":\"2025-12-31T23:57:00.000Z\"}\n")
    }

    @Test func `is cut at a hundred rows in a table alone, and says so`() {
        let many = (1...150).map { "pet\($0)" }
        let table = Run(["pet", "list", "-o", "table"] + many)
        #expect(table.output.split(separator: "\n").count == 101)
        #expect(table.errors.contains("the first 100 rows"))
        #expect(Run(["pet", "list", "-o", "id"] + many).output.split(separator: "\n").count == 150)
        let asked = Run(["pet", "list", "-o", "table", "--limit", "120"] + many)
        #expect(asked.output.split(separator: "\n").count == 121)
        #expect(Run(["pet", "list", "-q", "-o", "table"] + many).errors == "")
    }

    @Test func `shrinks before it drops, and names what it dropped`() {
        let shrunk = Run(["pet", "list", String(repeating: "x", count: 24)], terminal: true, columns: 62)
        #expect(shrunk.output.contains("likes xx"))
        #expect(shrunk.output.contains("…"))
        #expect(shrunk.errors == "")
        let dropped = Run(["pet", "list", String(repeating: "x", count: 30)], terminal: true, columns: 62)
        #expect(dropped.errors.contains("columns not shown: note"), "\(dropped.output)\(dropped.errors)")
        for line in (shrunk.output + dropped.output).split(separator: "\n") { #expect(line.count <= 62) }
    }

    @Test func `reads ids from standard input, without blank lines and comments`() {
        #expect(Run(["pet", "list", "-", "-o", "id"], input: "a\n\n# no\r\n b \r\nc").output == "a\nb\nc\n")
    }
}

@Suite struct `One object` {
    @Test(arguments: [
        ("json", "{\"schema\":\"tokenctl/v1/pet.list\",\"name\":\"rex\""), ("ndjson", "{\"name\":\"rex\""),
        ("tsv", "name\tlegs"), ("vertical", "name       rex\n"), ("id", "rex\n"), ("table", "NAME"),
        ("csv", "name,legs"),
    ])
    func `is written in each format`(format: String, beginning: String) {
        #expect(Run(["pet", "show", "rex", "-o", format]).output.hasPrefix(beginning))
    }

    @Test func `is vertical on a terminal`() {
        #expect(Run(["pet", "get", "rex"], terminal: true).output.hasPrefix("name       rex\n"))
    }

    @Test func `that was just made comes alone, or by name`() {
        #expect(Run(["pet", "make"]).output == "tks_secret\n")
        #expect(Run(["pet", "make", "--both"]).output == "session_token=tks_secret\naccess_token=a.b.c\n")
        #expect(
            Run(["pet", "make", "--both", "--json"]).output
                == "{\"schema\":\"tokenctl/v1/pet.make\",\"session_token\":\"tks_secret\",\"access_token\":\"a.b.c\"}\n"
        )
        #expect(Run(["pet", "make", "-o", "id"]).output == "pet_1\n")
        #expect(
            Run(["pet", "make", "-o", "tsv", "--both"]).output == "session_token\taccess_token\ntks_secret\ta.b.c\n")
    }
}

@Suite struct `Colour` {
    @Test(
        arguments: [
            ([], [:], true, false), ([], ["TERM": "xterm"], true, true), ([], ["TERM": "xterm"], false, false),
            ([], ["TERM": "dumb"], true, false), ([], ["TERM": "xterm", "NO_COLOR": "1"], true, false),
            ([], ["TERM": "xterm", "NO_COLOR": "0"], true, false), ([], ["TERM": "xterm", "NO_COLOR": ""], true, true),
            ([], ["CLICOLOR_FORCE": "1"], false, true), ([], ["CLICOLOR_FORCE": "0"], false, false),
            ([], ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], false, false),
            (["--color", "always"], ["NO_COLOR": "1"], false, true),
            (["--color", "never"], ["TERM": "xterm"], true, false),
            (["--cron", "--color", "always"], [:], false, false),
        ] as [([String], [String: String], Bool, Bool)])
    func `follows flag, environment and stream`(
        flags: [String], environment: [String: String], terminal: Bool, isOn: Bool
    ) {
        let run = Run(
            ["pet", "list", "rex", "-o", "table"] + flags, terminal: terminal, environment: environment)
        #expect(run.output.contains("\u{1B}[32mactive\u{1B}[0m") == isOn)
        #expect(run.output.contains("active"))
    }
}
