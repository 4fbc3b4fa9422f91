package import ArgumentParser
package import TokenLifecycle

/// What every act takes.
package struct ActOptions: ParsableArguments, Sendable {
    @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Show what would happen, change nothing")
    package var isDryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask")
    package var yes = false

    @Option(help: ArgumentHelp("Confirm with the count, or the word the preview names", valueName: "word"))
    package var confirm: String?

    @Option(help: ArgumentHelp("Why, for the audit record (else $TOKENCTL_REASON)", valueName: "text"))
    package var reason: String?

    @Option(help: ArgumentHelp("Refuse unless exactly so many match", valueName: "n"))
    package var expectCount: Int?

    @Option(help: ArgumentHelp("Refuse if more than so many match", valueName: "n"))
    package var maxAffected: Int?

    package init() {}

    package mutating func validate() throws {
        if let expectCount, expectCount < 0 { throw ValidationError("--expect-count is at least 0") }
        if let maxAffected, maxAffected < 0 { throw ValidationError("--max-affected is at least 0") }
    }

    /// The reason as it will be recorded. One of more than 500 bytes, of spaces alone, or with a secret in it is `.usage`.
    package func reason(in console: Console) throws(Failure) -> String? {
        guard let text = (reason ?? console.variable("TOKENCTL_REASON"))?.trimmingSpaces else { return nil }
        guard !text.isEmpty else { throw Failure(.usage, "a reason needs words") }
        guard text.utf8.count <= 500 else { throw Failure(.usage, "a reason has at most 500 bytes") }
        if let kind = SecretGuard.secret(in: text) {
            throw Failure(
                .usage, "the reason looks like \(kind)",
                hint:
                    "it would stay in the audit record: take it out of \(reason == nil ? "TOKENCTL_REASON" : "--reason")"
            )
        }
        return text
    }
}
