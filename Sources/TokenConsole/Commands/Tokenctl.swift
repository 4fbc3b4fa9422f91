package import ArgumentParser

/// The root of the command tree. Nouns are added to `subcommands`, in the order of docs/cli.md.
package struct Tokenctl: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tokenctl",
        abstract: "The whole life of a login: sessions, tokens, keys and the denylist",
        version: "tokenctl \(Version.current)",
        subcommands: [])

    @OptionGroup package var global: GlobalOptions

    package init() {}
}
