internal import TokenLifecycle

extension Shell {
    /// `watch [DUR] COMMAND`: a reading command again and again, until Ctrl-C, which is its way to end and no failure.
    mutating func watch(_ words: [Words.Word]) throws -> ExitCode {
        var words = words
        var interval = Watch.usual
        if let first = words.first?.text, first.first?.isNumber == true {
            interval = try Self.interval(first)
            words.removeFirst()
        }
        let resolved = try RowResolution(words, console.listed ?? ListedRows(), root: root).arguments
        guard let verb = verb(of: resolved) else {
            throw Failure(.usage, "watch repeats a command", hint: "such as 'watch 5s session list --user alice'")
        }
        guard verb.isReading else {
            throw Failure(.usage, "watch repeats only what reads, and '\(verb.name)' does more")
        }
        let columns = console.standing.columns
        defer { console.standing.columns = columns }
        if let chosen = settings.columns(for: verb) { console.standing.columns = chosen }
        let code = dispatch(resolved, every: interval)
        return code == .interrupted && !console.interruption.isEnd ? .done : code
    }

    /// `5s`, or `5` as fingers know it from watch(1) and psql: seconds.
    private static func interval(_ text: String) throws(Failure) -> Duration {
        if let seconds = Int(text), seconds >= 1, seconds <= 86_400 { return .seconds(seconds) }
        return try Duration(text: text, allowingMilliseconds: true)
    }
}
