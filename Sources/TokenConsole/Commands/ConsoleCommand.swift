package import ArgumentParser

/// A verb: parses its words, calls one operation of the product, shows the report.
///
/// A noun is a plain `ParsableCommand` with subcommands; called bare it prints its help and exits 64.
package protocol ConsoleCommand: ParsableCommand {
    /// Declare as `@OptionGroup var global: GlobalOptions` in every verb, so that globals work behind it too.
    var global: GlobalOptions { get }

    /// What it writes.
    static var result: ResultShape { get }

    mutating func run(in console: inout Console) throws
}

/// A verb that lists; `--watch` runs it again and again.
package protocol ListCommand: ConsoleCommand {
    var options: ListOptions { get }
}
