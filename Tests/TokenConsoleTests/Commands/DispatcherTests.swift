import Testing
import TokenConsole
import TokenLifecycle

@Suite struct `The dispatcher` {
    @Test(arguments: [[], ["pet"], ["--db", "x", "pet"], ["pet", "-q"]])
    func `answers a bare noun with its help on standard error and 64`(arguments: [String]) {
        let run = Run(arguments)
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(run.errors.contains("USAGE: tokenctl"))
        #expect(run.errors.hasSuffix("--help'\n"))
    }

    @Test(arguments: [["--help"], ["pet", "--help"], ["pet", "list", "-h"], ["pet", "ls", "rex", "--help"]])
    func `writes help that was asked for to standard output`(arguments: [String]) {
        let run = Run(arguments)
        #expect(run.code == .done)
        #expect(run.output.contains("USAGE: tokenctl"))
        #expect(run.errors == "")
    }

    @Test(arguments: [
        ["pet", "list", "--columns", ""], ["pet", "list", "--columns="], ["--db", "", "pet", "list"],
        ["pet", "make", "--both", ""],
    ])
    func `refuses a value that is empty, as an unset variable leaves it`(arguments: [String]) {
        let run = Run(arguments)
        #expect(run.code == .usage && run.output == "")
        #expect(run.errors.hasPrefix("tokenctl: error: an empty value after --"), "\(run.errors)")
    }

    @Test func `sees a value that begins with a combining character`() {
        let run = Run(["pet", "list", "--columns=\u{301}x"])
        #expect(run.errors.contains("no column \u{301}x"), "\(run.errors)")
        #expect(Run(["pet", "list", "-o", "id", "--", "--a=\u{301}x"]).output == "--a=\u{301}x\n")
    }

    @Test(
        arguments: [
            { ["pet", "list", "--nope\($0)"] }, { ["pet", "list", "--limit=\($0)"] },
            { ["pet", "list", "--limit", $0] },
            { [$0] }, { ["pet", $0] }, { ["pet", "list", "-o\($0)", "--json"] }, { ["pet", "list", "--\($0)=x"] },
        ] as [@Sendable (String) -> [String]])
    func `repeats no more of an argument than a line holds`(arguments: @Sendable (String) -> [String]) {
        let run = Run(arguments(String(repeating: "z", count: 100_000)))
        #expect(run.code == .usage)
        #expect(run.errors.count < 600 && run.errors.contains("zzz"), "\(run.errors.prefix(1000))")
    }

    @Test func `knows its version, and those of the libraries that it runs with`() {
        let lines = Run(["--version"]).output.split(separator: "\n")
        #expect(lines.first == "tokenctl toy")
        #expect(lines.count == 2)
        #expect(lines.last?.wholeMatch(of: /SQLite 3\.\d+\.\d+, OpenSSL 3\.\d+\.\d+ .*/) != nil)
    }

    @Test(arguments: [
        (["pte"], "did you mean 'tokenctl pet'"), (["pet", "lst"], "did you mean 'tokenctl pet list'"),
        (["pet", "gt"], "did you mean 'tokenctl pet get'"), (["--db", "pet", "pt"], "did you mean 'tokenctl pet'"),
        (["pet", "list", "--limt", "3"], "did you mean '--limit'"), (["zebra"], "see 'tokenctl --help'"),
    ])
    func `suggests what was meant, and does not do it`(arguments: [String], hint: String) {
        let run = Run(arguments)
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(run.errors.contains("tokenctl: hint: \(hint)"), "\(run.errors)")
    }

    @Test func `takes a negative number for what it is`() {
        let run = Run(["pet", "list", "--limit", "-1"])
        #expect(run.code == .usage)
        #expect(run.errors.contains("error: --limit cannot be '-1'"))
        #expect(Run(["pet", "list", "--limit", "--after"]).errors.contains("missing value for '--limit"))
    }

    @Test(arguments: [
        ["--no-header", "-o", "tsv", "pet", "list", "rex"], ["pet", "--no-header", "-o", "tsv", "list", "rex"],
        ["pet", "ls", "rex", "-o", "tsv", "--no-header"], ["-o", "tsv", "pet", "ls", "--no-header", "rex"],
    ])
    func `takes globals before and after the noun`(arguments: [String]) {
        #expect(Run(arguments).output == "rex\t4\t2025-12-31T23:57:00.000Z\tactive\tlikes rex\t1h30m\n")
    }

    @Test(arguments: [
        ["-o", "json", "pet", "lst"], ["pet", "lst", "--json"], ["pet", "list", "--nope", "-ojson"],
        ["pet", "list", "--output=ndjson", "--limit", "x"], ["--json", "pet"],
    ])
    func `answers usage errors in JSON when JSON was asked for anywhere`(arguments: [String]) {
        let run = Run(arguments)
        #expect(run.code == .usage)
        let last = run.errors.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix(#"{"schema":"tokenctl/v1/error","code":"usage","exit":64,"message":""#), "\(run.errors)")
    }

    @Test func `answers with the code of each kind of failure`() {
        for kind in Failure.Kind.allCases {
            let run = Run(["fail", kind.rawValue])
            #expect(run.code == ExitCode.allCases.first { "\($0)" == "\(kind)" })
            #expect(run.output == "before\n")
            #expect(run.errors == "tokenctl: error: it \\x1b[31mfailed\\n\ntokenctl: hint: look\\u{202e}\n")
        }
        #expect(Run(["fail", "no"]).code == .no)
    }

    @Test func `says of an error it does not know only the type`() {
        let run = Run(["fail", "unheard"])
        #expect(run.code == .bug)
        #expect(run.errors.contains("unexpected Unheard"))
        #expect(!run.errors.contains("do not show"))
    }

    @Test func `gives errors in JSON their target`() {
        let run = Run(["fail", "not_found", "--json"])
        #expect(
            run.errors.hasPrefix(#"{"schema":"tokenctl/v1/error","code":"not_found","exit":4,"message":"it "#))
        #expect(run.errors.hasSuffix(#""target":"pet_1"}"# + "\n"))
        #expect(run.errors.filter { $0 == "\n" }.count == 1)
    }

    @Test(arguments: ["nope", "JSON", ""])
    func `refuses an output format of the environment that does not exist`(name: String) {
        let run = Run(["pet", "list"], environment: ["TOKENCTL_OUTPUT": name])
        #expect(run.code == (name.isEmpty ? .done : .usage))
    }

    @Test func `passes option values that are wrong on with the reason`() {
        let run = Run(["pet", "list", "--lock-timeout", "5x"])
        #expect(run.code == .usage)
        #expect(run.errors.contains("cannot read '5x' as a duration (write 90s"))
    }

    @Test func `fails when the output cannot be written`() {
        let world = TestWorld()
        var console = world.console()
        console.output = Sink(isTerminal: false) { _ throws(Failure) in throw Failure(.io, "disk full") }
        #expect(Dispatcher(Toy.self).run(["pet", "list"], in: &console) == .io)
        #expect(world.errors == "tokenctl: error: disk full\n")
    }

    @Test func `leaves nothing of one command in the next`() {
        var console = TestWorld().console()
        let dispatcher = Dispatcher(Toy.self)
        #expect(dispatcher.run(["--cron", "fail", "no"], in: &console) == .no)
        #expect(dispatcher.run(["pet", "list"], in: &console) == .done)
        #expect(!console.globals.isCron)
    }
}
