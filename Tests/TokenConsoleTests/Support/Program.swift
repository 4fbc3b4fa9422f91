import Foundation
import Glibc
import Testing

/// The program that the same build made, beside the tests: a real process, for what cannot be seen in process.
enum Program {
    static let path: String? = {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "tokenctl").path
        return beside.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
    }()

    struct Ending {
        /// As a shell would show it: 128 and the signal's number for one that ended it.
        var code: Int32
        var output: String
        var errors: String
    }

    enum Output { case kept, full, gone }

    /// Runs to the end in an environment of its own.
    static func run(
        _ arguments: [String], input: String = "", output: Output = .kept, environment: [String: String]
    ) throws -> Ending {
        let running = try start(arguments, output: output, environment: environment)
        running.input.fileHandleForWriting.write(Data(input.utf8))
        try running.input.fileHandleForWriting.close()
        return running.end()
    }

    static func start(
        _ arguments: [String], output: Output = .kept, environment: [String: String]
    ) throws -> Running {
        let running = Running()
        let process = running.process
        process.executableURL = URL(filePath: try #require(path))
        process.arguments = arguments
        process.environment = environment
        process.standardInput = running.input
        process.standardError = running.errors
        switch output {
        case .kept: process.standardOutput = running.output
        case .full: process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
        case .gone:
            try running.output.fileHandleForReading.close()
            process.standardOutput = running.output
        }
        running.keepsOutput = output == .kept
        try process.run()
        return running
    }

    final class Running {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        let errors = Pipe()
        var keepsOutput = true
        var id: Int32 { process.processIdentifier }

        /// Waits until it listens for signals, which its second thread does.
        func awaitReadiness() {
            for _ in 0..<500 where !proc("status").contains("Threads:\t2") { usleep(10_000) }
            usleep(50_000)
        }

        /// Waits until it has the store at `path` open, and a little longer.
        func awaitStore(_ path: String) {
            for _ in 0..<500 {
                let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")) ?? []
                let isOpen = files.contains { file in
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\(file)")) == path
                        + "-wal"
                }
                if isOpen { break }
                usleep(10_000)
            }
            usleep(100_000)
        }

        func proc(_ name: String) -> String {
            let data = try? Data(contentsOf: URL(filePath: "/proc/\(id)/\(name)"))
            return String(decoding: data ?? Data(), as: UTF8.self)
        }

        func end(_ signal: Int32? = nil) -> Ending {
            if let signal { kill(id, signal) }
            let text = keepsOutput ? output.fileHandleForReading.readDataToEndOfFile() : Data()
            let errors = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let code = process.terminationStatus
            return Ending(
                code: process.terminationReason == .exit ? code : 128 + code,
                output: String(decoding: text, as: UTF8.self), errors: String(decoding: errors, as: UTF8.self))
        }
    }
}
