import Foundation
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `tokenctl doctor` {
    private let fixture: DemoFixture

    init() throws { fixture = try DemoFixture() }

    private func healthy() {
        let set = fixture.run([
            "policy", "set", "token.issuer", "https://login.example.org", "--reason", "test", "--yes",
        ])
        #expect(set.code == .done, "\(set.errors)")
        _ = fixture.run(["key", "publish"])
        _ = fixture.run(["cleanup"])
    }

    @Test func `says what is wrong, gravest first, and what to do`() throws {
        healthy()
        #expect(fixture.run(["doctor", "--deep"]).code == .done, "\(fixture.run(["doctor"]).output)")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.database.path)
        let ill = fixture.run(["doctor"])
        #expect(ill.code == .no)
        #expect(ill.output.hasPrefix("critical  file_permissions"))
        #expect(ill.output.contains("chmod 600 it"))
        let json = try #require(fixture.run(["doctor", "--json"]).json)
        #expect(json["healthy"] as? Bool == false && json["worst"] as? String == "critical")
        let checks = try #require(json["checks"] as? [[String: Any]])
        #expect(checks.first?["check"] as? String == "file_permissions")
        #expect(fixture.run(["status"]).output.contains("warning     \(fixture.database.path) is 0644"))
    }

    @Test func `is silent for cron while all is well`() throws {
        healthy()
        #expect(fixture.run(["doctor", "--cron"]).output == "")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.database.path)
        #expect(fixture.run(["doctor", "--cron"]).output.split(separator: "\n").count == 2)
    }

    /// The guidelines of monitoring plug-ins: one line, a bar, `label=value[unit];[warning];[critical]` with blanks between.
    private static func isPluginLine(_ line: String, saying state: String) -> Bool {
        let value = /[a-z_]+=-?[0-9]+(?:B|s)?(?:;[0-9]*:?){0,2}/
        let parts = line.dropLast().split(separator: "|", omittingEmptySubsequences: false)
        let data = parts.count == 2 ? parts[1].split(separator: " ") : []
        let names = Set(data.map { $0.prefix { $0 != "=" } })
        return line.hasSuffix("\n") && !line.dropLast().contains("\n") && parts.count <= 2
            && parts[0].hasPrefix("TOKENCTL \(state) - ") && names.count == data.count
            && data.allSatisfy { $0.wholeMatch(of: value) != nil }
    }

    @Test func `speaks to a monitoring system in one line, and by its codes`() throws {
        healthy()
        let well = fixture.run(["doctor", "--deep", "--nagios"])
        #expect(well.code == .done && Self.isPluginLine(well.output, saying: "OK"), "\(well.output)")
        #expect(well.output.contains(" wal_bytes=") && well.output.contains("disk_free_bytes="))
        _ = fixture.run(["policy", "set", "token.issuer", "https://tokenctl.example", "--reason", "test", "--yes"])
        let warned = fixture.run(["doctor", "--nagios"])
        #expect(warned.code == .no && Self.isPluginLine(warned.output, saying: "WARNING"), "\(warned.output)")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.database.path)
        let critical = fixture.run(["doctor", "--nagios"])
        #expect(critical.code.rawValue == 2 && Self.isPluginLine(critical.output, saying: "CRITICAL"))
        #expect(critical.output.contains("(and 1 more)"))
        for gone in ["no.db", "."] {
            let answer = fixture.run(["doctor", "--nagios", "--db", "{folder}/\(gone)"])
            #expect(
                answer.code.rawValue == 2 && Self.isPluginLine(answer.output, saying: "CRITICAL"), "\(answer.output)")
        }
        #expect(fixture.run(["doctor", "--nagios", "--json"]).code == .usage)
    }

    @Test func `needs a database that is there and ours`() {
        #expect(fixture.run(["doctor", "--db", "{folder}/no.db"]).code == .absent)
        #expect(fixture.run(["doctor", "--db", "{folder}"]).code == .malformed)
    }

    @Test func `without the master key says so only when asked to look that deep`() throws {
        healthy()
        let without = ["TOKENCTL_MASTER_KEY_FILE": "/nonexistent"]
        #expect(fixture.run(["doctor"], environment: without).code == .done)
        let deep = fixture.run(["doctor", "--deep"], environment: without)
        #expect(deep.code == .no && deep.output.hasPrefix("unknown   sealed_keys"))
        #expect(fixture.run(["doctor", "--deep", "--nagios"], environment: without).code.rawValue == 3)
    }

    /// Every mutant ends in a code of the contract; a file that is damaged and found so, in 8.
    @Test func `survives any byte of the file being anything`() throws {
        let sound = try fixture.digest()
        var random = FixedRandom(seed: 20_260_101)
        var found = 0
        for _ in 0..<150 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            }
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: fixture.database.path + suffix)
            }
            try bytes.write(to: fixture.database)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: fixture.database.path)
            let answer = fixture.run(["doctor", "--deep"])
            #expect([.done, .no, .untrusted, .malformed, .configuration].contains(answer.code), "\(answer.errors)")
            if answer.code == .untrusted { found += 1 }
        }
        #expect(found > 40, "\(found)")
    }
}

/// SplitMix64: repeats from its seed.
private struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
