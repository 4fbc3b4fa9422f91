internal import TokenLifecycle

extension Failure {
    /// The same, with what was typed cut short where the words repeat it: an argument may have a hundred kilobytes, and an
    /// error is a line. Only arguments: a list of unknown ids stays whole.
    ///
    /// The target is for programs and stays as it was named, up to the longest name that is stored.
    func shorteningEchoes(of arguments: [String]) -> Failure {
        let typed = arguments.flatMap(Self.parts).filter { $0.utf8.count > Self.longestEcho }
            .sorted { $0.utf8.count > $1.utf8.count }
        guard !typed.isEmpty else { return self }
        var failure = self
        failure.message = Self.shortened(message, typed, Self.longestEcho)
        failure.hint = hint.map { Self.shortened($0, typed, Self.longestEcho) }
        failure.target = target.map { Self.shortened($0, typed, Self.longestTarget) }
        return failure
    }

    /// Characters.
    private static let longestEcho = 80
    private static let longestTarget = 255

    private static func shortened(_ text: String, _ typed: [String], _ longest: Int) -> String {
        typed.reduce(text) { text, part in
            guard part.count > longest, text.utf8.count >= part.utf8.count else { return text }
            return text.replacing(part, with: part.prefix(longest) + "…")
        }
    }

    /// The ways in which the parser may repeat an argument: whole, or one side of its `=`, or behind a short flag.
    private static func parts(of argument: String) -> [String] {
        var parts = [argument]
        if argument.hasPrefix("-"), let sign = argument.firstIndex(of: "=") {
            parts += [String(argument[..<sign]), String(argument[argument.index(after: sign)...])]
        }
        if argument.hasPrefix("-"), !argument.hasPrefix("--") { parts.append(String(argument.dropFirst(2))) }
        return parts
    }
}
