import ArgumentParser
import Testing

@testable import TokenConsole

/// Every command there is, found by walking from the root.
enum CommandTree {
    struct Leaf: Sendable, CustomTestStringConvertible {
        let type: any ConsoleCommand.Type
        /// `["session", "list"]`
        let path: [String]
        var name: String { path.joined(separator: " ") }
        var testDescription: String { name }
        var isHidden: Bool { !type.configuration.shouldDisplay }
    }

    static let all = walk(Tokenctl.self, [])
    static var leaves: [Leaf] { all.leaves }
    static var nouns: [[String]] { all.nouns }

    private static func walk(
        _ command: any ParsableCommand.Type, _ path: [String]
    ) -> (leaves: [Leaf], nouns: [[String]]) {
        if let type = command as? any ConsoleCommand.Type { return ([Leaf(type: type, path: path)], []) }
        let below = command.configuration.subcommands.map { walk($0, path + [$0.name]) }
        return (below.flatMap(\.leaves), [path] + below.flatMap(\.nouns))
    }
}

/// A way to call each verb that works on the demo store; `{session}` and the like are filled in.
struct Invocation: Sendable {
    var arguments: [String] = []
    var input = ""
    /// What it answers there.
    var code = TokenConsole.ExitCode.done

    init(_ arguments: String..., input: String = "", code: TokenConsole.ExitCode = .done) {
        self.arguments = arguments
        self.input = input
        self.code = code
    }

    static let of: [String: Invocation] = [
        "init": Invocation("--if-missing"), "status": Invocation(), "doctor": Invocation(code: .no),
        "migrate": Invocation("--check"),
        "cleanup": Invocation(),
        "session list": Invocation("--limit", "3"), "session show": Invocation("{session}"),
        "session create": Invocation("--user", "zoe", "--with-tokens"), "session revoke": Invocation("{session}"),
        "session regenerate": Invocation("{session}"), "session touch": Invocation("{session}"),
        "user list": Invocation("--limit", "3"), "user show": Invocation("{user}"),
        "user logout": Invocation("{user}", "--reason", "test", "--yes", "--max-affected", "100"),
        "client list": Invocation(), "client show": Invocation("{client}"),
        "client logout": Invocation("{client}", "--reason", "test", "--yes", "--confirm", "{client}"),
        "refresh list": Invocation("--limit", "3"), "refresh show": Invocation("{family}"),
        "refresh revoke": Invocation("{family}"),
        "token issue": Invocation("--user", "zoe"), "token refresh": Invocation("-", input: "nonsense", code: .no),
        "token verify": Invocation("-", input: "{token}"), "token inspect": Invocation("-", input: "{token}"),
        "token introspect": Invocation("-", input: "{token}"),
        "key list": Invocation("--state", "all"), "key show": Invocation("{active}"), "key generate": Invocation(),
        "key publish": Invocation("{folder}/published.json"),
        "key rotate": Invocation("--emergency", "--reason", "test", "--yes"),
        "key revoke": Invocation(
            "{active}", "--cause", "test", "--replace", "--reason", "test", "--yes", "--confirm", "{active}"),
        "key import": Invocation(
            "-", "--until", "2099-01-01", "--reason", "test", "--yes",
            input: #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
                + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#),
        "key export jwks": Invocation(), "key export pem": Invocation("{active}"),
        "key remove": Invocation("{removed}", "--reason", "test", "--yes"), "key timeline": Invocation(),
        "key rewrap": Invocation("--reason", "test", "--yes"),
        "denylist add": Invocation("--user", "zoe", "--reason", "test", "--yes"),
        "denylist list": Invocation("--state", "all", "--limit", "3"), "denylist check": Invocation("abc"),
        "denylist remove": Invocation("{rule}", "--reason", "test", "--yes", "--expect-count", "1"),
        "denylist export": Invocation(),
        "denylist import": Invocation("-", "--reason", "test", "--yes", input: "{denylist}"),
        "audit list": Invocation("--limit", "3"), "audit verify": Invocation(),
        "audit checkpoint": Invocation(), "audit export": Invocation(),
        "metrics": Invocation(), "backup create": Invocation("{folder}/copy.db"),
        "backup verify": Invocation("{database}"),
        "backup restore": Invocation("{backup}", "--reason", "test", "--yes", "--confirm", "backup.db"),
        "stats": Invocation("--since", "60d"),
        "policy list": Invocation(), "policy get": Invocation("access.ttl"),
        "policy set": Invocation("access.ttl", "5m", "--reason", "test", "--yes"),
        "completion bash": Invocation(), "completion zsh": Invocation(), "completion fish": Invocation(),
        "help": Invocation("session", "list"), "__complete": Invocation("bash", input: "tokenctl se"),
        "__man": Invocation("tokenctl-session-list.1"),
        "shell": Invocation(input: "session list --limit 3\n"),
    ]
}
