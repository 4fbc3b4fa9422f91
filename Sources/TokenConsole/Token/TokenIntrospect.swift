internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct TokenIntrospect: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "introspect", abstract: "Answer for a token as RFC 7662 wants it; exit 0 also if it is not active",
        discussion: """
            Of access, refresh and session tokens, and online: the session behind it must be alive. Nothing is told of a token
            that is not active; why it is not, 'token inspect' says.

            EXAMPLES
              tokenctl token introspect - < access-token
            """)
    static let result = ResultShape.text("token.introspect")

    @Argument(help: ArgumentHelp("- to read the token from standard input", valueName: "-"))
    var source: String

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        // More than any token can be is no active one.
        let token = try console.readToken(source) ?? []
        let answer = try console.store(for: .reading).read { try $0.introspect(token) }
        try console.output.writeLine(answer.shownText)
    }
}
