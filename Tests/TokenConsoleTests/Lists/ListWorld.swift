import Foundation
import TokenConsole
import TokenLifecycle
import TokenStorage

/// A store of a test's own, and commands run on it in process.
final class ListWorld: Sendable {
    let folder: String
    let now: Instant

    init(at now: Instant = TestWorld.newYear) throws {
        folder = NSTemporaryDirectory() + "tokenctl-lists-\(UUID().uuidString)"
        self.now = now
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        _ = run("init --no-key")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    struct Answer {
        let code: TokenConsole.ExitCode
        let output: String
        let errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    func run(_ words: [String], input: String = "", after: Duration = .zero) -> Answer {
        let world = TestWorld()
        var console = world.console(
            at: now + after, input: input, environment: ["HOME": folder, "TOKENCTL_DB": folder + "/tokens.db"])
        let code = Dispatcher(Tokenctl.self).run(words, in: &console)
        try? console.closeStore()
        return Answer(code: code, output: world.output, errors: world.errors)
    }

    /// Words separated by single blanks.
    func run(_ command: String, input: String = "", after: Duration = .zero) -> Answer {
        run(command.split(separator: " ").map(String.init), input: input, after: after)
    }

    /// Writes rows past every operation: thousands in no time.
    func fill(_ statements: SQL...) throws {
        let masterKey = MasterKeySource(places: [.init(path: folder + "/.config/tokenctl/master.key", isNamed: true)])
        let now = now
        let store = try Store.open(
            at: folder + "/tokens.db", clock: Clock(now: { now }, sleep: { _ in }), masterKey: masterKey)
        try store.database.write { for statement in statements { try $0.execute(statement) } }
        try store.close()
    }

    /// So many live sessions, of ten users at two clients, a second apart.
    func logIn(_ count: Int) throws {
        let start = now.milliseconds - Int64(count) * 1000
        try fill(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
            INSERT INTO user (subject, created_at) SELECT 'user' || i, \(start) + i FROM n
            """,
            "INSERT INTO client (client_id, created_at) VALUES ('web', \(start)), ('ios', \(start + 1))",
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO session (user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout,
                absolute_expires_at, alive_until, secret_hash, ip)
            SELECT 1 + i % 10, 1 + i % 2, \(start) + i * 1000, \(start) + i * 1000, \(start) + i * 1000,
                \(now) - i % 7 * 60000, 86400000, \(now) + 864000000, \(now) - i % 7 * 60000 + 86400000, x'00',
                x'00000000000000000000ffffcb007101'
            FROM n
            """)
    }
}
