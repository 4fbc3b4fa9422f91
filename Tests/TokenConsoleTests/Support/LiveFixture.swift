import Foundation
import Glibc
import Testing
import TokenLifecycle

/// A demo store of today, made by the program itself: for tests by real processes, whose clock is the real one.
final class LiveFixture {
    let folder: URL
    var database: String { folder.path + "/tokens.db" }

    var environment: [String: String] {
        [
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state",
            "TOKENCTL_DB": database, "TOKENCTL_MASTER_KEY_FILE": folder.path + "/master.key", "TERM": "xterm",
            "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "NO_COLOR": "1",
        ]
    }

    private static let template = Result { () throws -> URL in
        let folder = FileManager.default.temporaryDirectory.appending(path: templateName())
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        atexit {
            try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "/" + LiveFixture.templateName())
        }
        let environment = [
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "TOKENCTL_DB": folder.path + "/tokens.db",
            "TOKENCTL_MASTER_KEY_FILE": folder.path + "/master.key",
        ]
        for arguments in [
            ["init", "--demo"],
            ["policy", "set", "token.issuer", "https://login.test", "--reason", "test", "--yes"],
        ] {
            let made = try Program.run(arguments, environment: environment)
            guard made.code == 0 else { throw Failure(.bug, made.errors) }
        }
        return folder
    }

    private static func templateName() -> String { "tokenctl-live-\(getpid())" }

    init() throws {
        folder = try Self.makeFolder()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: Self.template.get(), to: folder)
        // Each has a key set of its own: several tests make keys.
        let published = folder.path + "/jwks.json"
        #expect(try run("policy", "set", "jwks.file", published, "--reason", "test", "--yes").code == 0)
        #expect(try run("key", "publish").code == 0)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func run(_ arguments: String...) throws -> Program.Ending { try Program.run(arguments, environment: environment) }

    /// A shell at its first prompt.
    func shell(
        _ arguments: String..., columns: Int = 100, rows: Int = 40, with more: [String: String] = [:]
    ) throws -> Terminal {
        let terminal = try Terminal(
            ["shell"] + arguments, environment: environment.merging(more) { $1 }, columns: columns, rows: rows)
        try terminal.awaitPrompt()
        return terminal
    }

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-live-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }
}
