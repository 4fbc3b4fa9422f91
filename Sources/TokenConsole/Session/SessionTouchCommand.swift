internal import ArgumentParser
internal import TokenLifecycle

struct SessionTouchCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "touch", abstract: "Record that sessions are in use: moves their idle deadline",
        discussion: """
            Writes only where the deadline moves by a minute or a tenth of the timeout, and never past the absolute expiry.

            EXAMPLES
              tokenctl session touch ses_4k2m9qdx
            """)
    static let result = ResultShape.report("session.touch")

    @Argument(help: ArgumentHelp("Session ids, or - to read them from standard input", valueName: "id"))
    var ids: [String]

    @OptionGroup var act: ActOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        try console.act(SessionTouch(try console.targets(ids)), act)
    }
}
