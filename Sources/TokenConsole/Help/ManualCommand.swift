internal import ArgumentParser
internal import TokenLifecycle

/// What `make man` calls: the names of the manual's pages, or one of them. Hidden, because man(1) shows them better.
struct ManualCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "__man", abstract: "Print a page of the manual, or the names of all",
        discussion: """
            EXAMPLES
              tokenctl __man
              tokenctl __man tokenctl-session-revoke.1 --date 2026-01-31
            """, shouldDisplay: false)

    static let result = ResultShape.text("man")

    @Argument(help: "A page by the name of its file; else the names of all are printed")
    var page: String?

    @Option(help: ArgumentHelp("The date at the foot of the page", valueName: "date"))
    var date = ""

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard date.isEmpty || date.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil else {
            throw ValidationError("--date takes a day, such as 2026-01-31")
        }
    }

    func run(in console: inout Console) throws {
        guard let page else {
            for page in ManPage.all { try console.output.writeLine(page.name) }
            return
        }
        guard let found = ManPage.all.first(where: { $0.name == page }) else {
            throw Failure(.notFound, "no page \(page.prefix(60))", hint: "'tokenctl __man' lists them")
        }
        try console.output.write(found.text(date: date))
    }
}
