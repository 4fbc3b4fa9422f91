internal import TokenLifecycle

/// What must be said about arguments before they are parsed, because afterwards it is too late to tell.
enum TypedValues {
    /// What comes from the network may really be empty.
    private static let mayBeEmpty: Set<String> = ["--user-agent"]

    /// Refuses an empty value, as `--user "$UNSET"` has: as a filter it would match nobody and look like success.
    static func refuseEmpty(_ arguments: [String]) throws(Failure) {
        var previous = ""
        for argument in arguments.prefix(while: { $0 != "--" }) {
            let flag = argument.isEmpty ? previous : argument.hasSuffix("=") ? String(argument.dropLast()) : ""
            if flag.hasPrefix("--"), !flag.contains("="), !mayBeEmpty.contains(flag) {
                throw Failure(.usage, "an empty value after \(flag)", hint: "is a variable of the script unset?")
            }
            previous = argument
        }
    }

    /// `--name=value` in two where the value begins with a combining character, which makes one character with the `=`: the
    /// parser looks for a `=` alone and would not see the value at all.
    static func separated(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].flatMap { argument -> [String] in
            guard argument.unicodeScalars.starts(with: "--".unicodeScalars),
                let sign = argument.unicodeScalars.firstIndex(of: "="), argument.firstIndex(of: "=") != sign
            else { return [argument] }
            let value = argument.unicodeScalars[argument.unicodeScalars.index(after: sign)...]
            return [String(argument.unicodeScalars[..<sign]), String(value)]
        } + arguments[end...]
    }
}
