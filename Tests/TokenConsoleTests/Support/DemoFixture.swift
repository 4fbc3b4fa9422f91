import ArgumentParser
import Foundation
import Glibc
import Testing
import TokenConsole
import TokenLifecycle

/// A demo store in a folder of its own, and command lines run there.
final class DemoFixture {
    let folder: URL
    var database: URL { folder.appending(path: "tokens.db") }

    /// Made once, through `init --demo`; every fixture is a copy. What they publish goes to one place, as the policy of a
    /// store is part of it; nothing here reads it.
    private static let template = Result { () throws -> URL in
        let folder = FileManager.default.temporaryDirectory.appending(path: templateName())
        atexit {
            try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "/" + DemoFixture.templateName())
        }
        let store = folder.appending(path: "store")
        try FileManager.default.createDirectory(
            at: store, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for arguments in [
            ["init", "--demo"],
            ["policy", "set", "jwks.file", folder.path + "/jwks.json", "--reason", "test", "--yes"],
        ] {
            let made = run(arguments, in: store)
            guard made.code == .done else { throw Failure(.bug, made.errors) }
        }
        return store
    }

    private static func templateName() -> String { "tokenctl-demo-\(getpid())" }

    init() throws {
        folder = try Self.makeFolder()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: Self.template.get(), to: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    struct Answer {
        var code: TokenConsole.ExitCode
        var output: String
        var errors: String

        /// What was printed, as JSON; its first line where there are several.
        var json: [String: Any]? { JSONText.object(output) }
    }

    func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) -> Answer {
        Self.run(arguments.map(filled), input: filled(input), environment: environment, in: folder)
    }

    /// The content of the database: its bytes once no log is beside it.
    func digest() throws -> Data {
        let log = database.path + "-wal"
        let logged = (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0
        #expect(logged == 0, "something is still in the write-ahead log")
        return try Data(contentsOf: database)
    }

    /// `{session}` and the like become something that is there.
    private func filled(_ text: String) -> String {
        var text = text.replacingOccurrences(of: "{folder}", with: folder.path)
            .replacingOccurrences(of: "{database}", with: database.path)
        if text.contains("{backup}") {
            let backup = folder.appending(path: "backup.db").path
            _ = Self.run(["backup", "create", backup], in: folder)
            text = text.replacingOccurrences(of: "{backup}", with: backup)
        }
        for (name, arguments) in Self.placeholders where text.contains("{\(name)}") {
            let found = Self.run(arguments, input: "", environment: [:], in: folder)
            text = text.replacingOccurrences(
                of: "{\(name)}", with: found.output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return text
    }

    private static let placeholders: [(String, [String])] = [
        ("session", ["session", "list", "--limit", "1", "-o", "id"]),
        ("user", ["user", "list", "--limit", "1", "-o", "id"]),
        ("client", ["client", "list", "--limit", "1", "-o", "id"]),
        ("family", ["refresh", "list", "--limit", "1", "-o", "id"]),
        ("active", ["key", "list", "--state", "active", "-o", "id"]),
        ("removed", ["key", "list", "--state", "removed", "--limit", "1", "-o", "id"]),
        ("rule", ["denylist", "list", "--limit", "1", "--state", "all", "-o", "id"]),
        ("token", ["token", "issue", "--user", "zoe"]), ("denylist", ["denylist", "export"]),
    ]

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }

    private static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], in folder: URL
    ) -> Answer {
        let world = TestWorld()
        let place = [
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "TOKENCTL_DB": folder.path + "/tokens.db",
            "TOKENCTL_MASTER_KEY_FILE": folder.path + "/master.key",
        ]
        var console = world.console(
            input: input, environment: place.merging(environment) { _, given in given })
        let code = Dispatcher(Tokenctl.self).run(arguments, in: &console)
        try? console.closeStore()
        return Answer(code: code, output: world.output, errors: world.errors)
    }
}

enum JSONText {
    static func object(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
}
