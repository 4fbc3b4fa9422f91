internal import ArgumentParser

/// `token …`
struct TokenCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens: issue, refresh, verify and explain them",
        subcommands: [
            TokenIssue.self, TokenRefresh.self, TokenVerify.self, TokenInspect.self, TokenIntrospect.self,
        ])

    @OptionGroup var global: GlobalOptions
}
