import Foundation
import Glibc
import Testing

/// The built program beside the tests: what holds for a process cannot be seen in process.
@Suite(.enabled(if: Program.path != nil, "needs the tokenctl binary that the same build makes"), .serialized)
struct `The process` {
    @Test func `writes no core, lets nobody attach, and creates for its owner alone`() throws {
        let program = try Program.held()
        defer { program.end(SIGKILL) }
        #expect(try program.proc("status").contains("Umask:\t0077"))
        let limits = try program.proc("limits").split(separator: "\n")
        let core = limits.first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
        // The kernel gives the files of an undumpable process to root; for root there is no difference to see.
        var status = stat()
        #expect(stat("/proc/\(program.id)/mem", &status) == 0)
        #expect(status.st_uid == 0)
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGSEGV, 70)] as [(Int32, Int32)])
    func `answers a signal with its exit code`(signal: Int32, code: Int32) throws {
        let program = try Program.held()
        let ending = program.end(signal)
        #expect(ending.code == code)
        #expect(ending.isExit)
        #expect(
            ending.errors
                == (signal == SIGSEGV
                    ? "tokenctl: error: tokenctl stopped at a bug of its own; nothing half-done was kept\n" : ""))
    }

    @Test(
        arguments: [("> /dev/full", 74), (">&-", 74), ("<&- 2>&-", 0), ("| true; exit ${PIPESTATUS[0]}", 141)]
            as [(String, Int32)])
    func `says when its output went nowhere`(redirection: String, code: Int32) throws {
        // More than a pipe holds, so that a reader who left is noticed.
        let many =
            redirection.hasPrefix("|") ? "for i in $(seq 500); do \"$0\" --help || exit $?; done" : "\"$0\" --help"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        let path = try #require(Program.path)
        process.arguments = [
            "-c", redirection.hasPrefix("|") ? "{ \(many); } \(redirection)" : "\(many) \(redirection)", path,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == code)
    }
}

/// The program, running and held at a full pipe, so that it can be looked at.
private struct Program {
    let process: Process
    let pipe: Pipe
    let errors: Pipe
    var id: Int32 { process.processIdentifier }

    static let path: String? = {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "tokenctl").path
        return beside.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
    }()

    static func held() throws -> Program {
        let program = Program(process: Process(), pipe: Pipe(), errors: Pipe())
        let end = program.pipe.fileHandleForWriting
        let size = fcntl(end.fileDescriptor, 1031, 4096)  // F_SETPIPE_SZ, which only _GNU_SOURCE defines
        end.write(Data(count: Int(max(size, 4096))))
        program.process.executableURL = URL(filePath: try #require(path))
        program.process.arguments = ["--help"]
        program.process.standardOutput = end
        program.process.standardError = program.errors
        try program.process.run()
        // It is ready when its second thread, which waits for signals, is there.
        for _ in 0..<500 where !((try? program.proc("status")) ?? "").contains("Threads:\t2") { usleep(10_000) }
        usleep(50_000)
        return program
    }

    func proc(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "/proc/\(id)/\(name)")), as: UTF8.self)
    }

    @discardableResult
    func end(_ signal: Int32) -> (code: Int32, isExit: Bool, errors: String) {
        kill(id, signal)
        process.waitUntilExit()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return (process.terminationStatus, process.terminationReason == .exit, text)
    }
}
