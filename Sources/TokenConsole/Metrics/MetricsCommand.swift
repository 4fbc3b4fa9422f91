internal import ArgumentParser
internal import TokenLifecycle

struct MetricsCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "The store in numbers, for Prometheus",
        discussion: """
            Text exposition format. --textfile puts a file in place in one step, readable by all, as node_exporter's textfile
            collector wants it. Counting ends after --max-time; what was not counted by then is left out.

            EXAMPLES
              tokenctl metrics
              tokenctl metrics --textfile /var/lib/prometheus/node-exporter/tokenctl.prom
            """)
    static let result = ResultShape.text("metrics")

    @Option(help: ArgumentHelp("Write to this file instead", valueName: "file"))
    var textfile: String?

    @Option(help: ArgumentHelp("Count no longer than this", valueName: "dur"), transform: DurationOption.parse)
    var maxTime: Duration = .seconds(2)

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let text = try StoreMetrics(of: store, version: Version.current, patience: maxTime).exposition()
        guard let textfile else { return try console.output.write(text) }
        try store.keyring.refuseOverwriting(Files.absolute(textfile))
        try AtomicFile.write(Array(text.utf8), to: textfile, mode: 0o644)
    }
}
