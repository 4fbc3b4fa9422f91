internal import ArgumentParser

/// `session …`
struct SessionCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Logins: list, show, start and end them",
        subcommands: [
            SessionList.self, SessionShow.self, SessionCreate.self, SessionRegenerate.self, SessionTouchCommand.self,
            SessionRevoke.self,
        ])

    @OptionGroup var global: GlobalOptions
}
