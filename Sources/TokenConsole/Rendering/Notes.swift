package import TokenLifecycle

/// What is worth saying beside a result, on standard error: never part of the content. Notes are silenced by `-q` and `--cron`.
package struct Notes {
    let sink: Sink
    let isSilent: Bool

    package func note(_ text: String) throws(Failure) {
        guard !isSilent else { return }
        try sink.writeLine("tokenctl: note: \(Escaping.visible(text))")
    }

    /// What somebody has to do something about, though the verb did what it was asked: never silenced.
    package func warn(_ text: String) throws(Failure) {
        try sink.writeLine("tokenctl: warning: \(Escaping.visible(text))")
    }
}
