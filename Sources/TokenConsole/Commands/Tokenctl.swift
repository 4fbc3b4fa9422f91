package import ArgumentParser

/// The root of the command tree. Nouns are added to `subcommands`, in the order in which help lists them.
package struct Tokenctl: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tokenctl",
        abstract: "The whole life of a login: sessions, tokens, keys and the denylist",
        version: "tokenctl \(Version.current)",
        subcommands: [
            Init.self, Status.self, DoctorCommand.self, Migrate.self, SessionCommands.self, UserCommands.self,
            ClientCommands.self, RefreshCommands.self, TokenCommands.self, KeyCommands.self, DenylistCommands.self,
            CleanupCommand.self,
            AuditCommands.self, StatsCommand.self, MetricsCommand.self, BackupCommands.self, PolicyCommands.self,
            ShellCommand.self, CompletionCommands.self, Help.self, CompleteLine.self, ManualCommand.self,
        ])

    @OptionGroup package var global: GlobalOptions

    package init() {}
}
