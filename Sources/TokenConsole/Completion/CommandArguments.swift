internal import ArgumentParser
internal import TokenJOSE

/// What a command takes, as its own description says.
struct CommandArguments {
    struct Argument {
        var isOption: Bool
        var isPositional: Bool
        var isRepeating: Bool
        /// Whether the command does not go without it.
        var isRequired: Bool
        /// With their dashes, the long ones first.
        var names: [String]
        var valueName: String
        /// What it may be, where that is a fixed choice.
        var choices: [String]
        /// What it is where it is not given, as text; empty where that goes without saying.
        var standard: String
        var summary: String

        /// `--user`, or for a positional argument its value's name.
        var name: String { names.first ?? valueName }
    }

    let all: [Argument]
    var positional: [Argument] { all.filter(\.isPositional) }

    func option(_ name: String) -> Argument? { all.first { $0.names.contains(name) } }

    /// Reads the parser's description of the command, the one that its help is made of.
    init(of command: any ParsableCommand.Type) {
        // The root's has every verb's in it.
        let description = try? JSON(
            parsing: command._dumpHelp(), limits: JSONLimits(maximumDepth: 16, maximumBytes: 16 << 20))
        all = (description?["command"]?["arguments"]?.arrayValue ?? []).compactMap(Argument.init)
    }
}

extension CommandArguments.Argument {
    /// Nil for what help does not show either.
    fileprivate init?(_ json: JSON) {
        guard json["shouldDisplay"]?.boolValue == true, let kind = json["kind"]?.stringValue else { return nil }
        isOption = kind == "option"
        isPositional = kind == "positional"
        isRepeating = json["isRepeating"]?.boolValue ?? false
        isRequired = json["isOptional"]?.boolValue == false
        standard = json["defaultValue"]?.stringValue ?? ""
        let names = (json["names"]?.arrayValue ?? []).compactMap { name -> String? in
            guard let text = name["name"]?.stringValue else { return nil }
            return name["kind"]?.stringValue == "long" ? "--\(text)" : "-\(text)"
        }
        self.names = names.filter { $0.hasPrefix("--") } + names.filter { !$0.hasPrefix("--") }
        valueName = json["valueName"]?.stringValue ?? ""
        choices = (json["allValues"]?.arrayValue ?? []).compactMap(\.stringValue)
        summary = (json["abstract"]?.stringValue ?? "").trimmingFullStop
    }
}

extension String {
    /// The parser's own sentences end in one, ours do not.
    fileprivate var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
