import ArgumentParser
import Foundation
import Testing

@testable import TokenConsole

/// The units and the crontab in packaging/ call the program as it is, and are what systemd takes.
@Suite struct `packaging/` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "packaging")
    private static let analyzer = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"]
        .first(where: FileManager.default.isExecutableFile)
    private static let installed = "/usr/local/bin/tokenctl"

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private static func units(_ kind: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/systemd").filter { $0.hasSuffix(kind) }
            .sorted()
    }

    private func expectCommand(_ line: String) throws {
        let words = try #require(try Words.commands(in: line).first)
        #expect(words.first == "tokenctl" || words.first == Self.installed)
        let command = try Tokenctl.parseAsRoot(Array(words.dropFirst()))
        #expect(command is any ConsoleCommand, "\(line)")
    }

    @Test func `services and crontab run commands that there are`() throws {
        let services = try Self.units(".service")
        #expect(services.count == 4)
        for service in services {
            let lines = try Self.text("systemd/\(service)").split(separator: "\n").filter { $0.hasPrefix("ExecStart=") }
            #expect(lines.count == 1, "\(service)")
            for line in lines { try expectCommand(String(line.dropFirst("ExecStart=".count))) }
        }
        let jobs = try Self.text("crontab").split(separator: "\n").filter {
            $0.first?.isNumber == true || $0.first == "*"
        }
        #expect(jobs.count == services.count)
        for job in jobs {
            let fields = job.split(separator: " ", maxSplits: 6)
            #expect(fields.count == 7 && fields[5] == "tokenctl", "five times, a user, a command: \(job)")
            try expectCommand(String(fields[6]).trimmingCharacters(in: .whitespaces))
        }
    }

    @Test func `each service has its timer, a dedicated user, and no more than it needs`() throws {
        let services = try Self.units(".service").map { $0.dropLast(".service".count) }
        #expect(try Self.units(".timer").map { $0.dropLast(".timer".count) } == services)
        for service in try Self.units(".service") {
            let lines = Set(try Self.text("systemd/\(service)").split(separator: "\n").map(String.init))
            for line in [
                "User=tokenctl", "NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=tokenctl", "UMask=0077",
                "CapabilityBoundingSet=", "PrivateNetwork=yes", "LimitCORE=0",
            ] { #expect(lines.contains(line), "\(service) lacks \(line)") }
            let needsKey = !service.contains("metrics")
            #expect(
                lines.contains("LoadCredential=tokenctl.master-key:/etc/tokenctl/master.key") == needsKey, "\(service)")
        }
    }

    /// `verify` wants the program to be where the unit says: here it is the one just built.
    @Test(.enabled(if: analyzer != nil && Program.path != nil, "systemd-analyze is not on this machine"))
    func `systemd finds nothing to complain of`() throws {
        let analyzer = try #require(Self.analyzer)
        let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-units-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try #require(Program.path)
        var paths: [String] = []
        for unit in try Self.units(".service") + Self.units(".timer") {
            let text = try Self.text("systemd/\(unit)").replacingOccurrences(of: Self.installed, with: program)
            try text.write(to: folder.appending(path: unit), atomically: true, encoding: .utf8)
            paths.append(folder.path + "/" + unit)
        }
        let verified = try analyze(analyzer, ["verify", "--man=no"] + paths)
        #expect(verified.code == 0, "\(verified.text)")
        #expect(!verified.text.contains("tokenctl-"), "\(verified.text)")
        for service in paths where service.hasSuffix(".service") {
            let exposed = try analyze(
                analyzer, ["security", "--offline=true", "--threshold=10", "--no-pager", service])
            #expect(exposed.code == 0, "\(exposed.text.suffix(200))")
        }
    }

    private func analyze(_ program: String, _ arguments: [String]) throws -> (code: Int32, text: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
