import Foundation
import Glibc
import Testing

/// Making a store, killed and raced: a process of its own each, as only a real kill leaves what a kill leaves.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"), .serialized)
struct `Making a store` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-\(UUID().uuidString)").path

    private func run(_ arguments: [String], in folder: String) throws -> Program.Ending {
        try Program.run(arguments, environment: environment(folder))
    }

    private func environment(_ folder: String) -> [String: String] {
        ["TOKENCTL_DB": folder + "/t.db", "TOKENCTL_MASTER_KEY_FILE": folder + "/mk"]
    }

    @Test func `killed at any moment, it is made whole by the next try`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for attempt in 0..<16 {
            let place = folder + "/\(attempt)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let running = try Program.start(["init"], environment: environment(place))
            usleep(UInt32(20_000 + attempt * 6000))
            _ = running.end(SIGKILL)
            let again = try run(["init", "--if-missing"], in: place)
            #expect(again.code == 0, "attempt \(attempt): \(again.errors)")
            let login = try run(["session", "create", "--user", "a", "--with-tokens"], in: place)
            #expect(login.code == 0, "attempt \(attempt): \(login.errors)")
            _ = try run(["key", "publish"], in: place)
            let names = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
            #expect(names == ["mk", "t.db", "t.jwks.json"], "attempt \(attempt)")
        }
    }

    @Test func `asked for at once by many, it is made once and all are content`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for round in 0..<2 {
            let place = folder + "/\(round)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let all = try (0..<12).map { _ in
                try Program.start(["init", "--if-missing", "--json"], environment: environment(place))
            }
            let endings = all.map { $0.end() }
            for ending in endings { #expect(ending.code == 0, "\(ending.errors)") }
            let stores = Set(endings.compactMap { $0.output.firstMatch(of: /"store":"([^"]+)"/)?.1 })
            #expect(stores.count == 1)
            #expect(endings.count { $0.output.contains("\"created\"") } == 1)
            #expect(try run(["session", "create", "--user", "a", "--with-tokens"], in: place).code == 0)
        }
    }
}
