import Foundation
import TokenLifecycle

@testable import TokenConsole

/// A shell on a demo store, in process: lines in, what they wrote out.
final class ShellWorld {
    let fixture: DemoFixture
    private let world = TestWorld()
    private var shell: Shell
    private var shown = (out: 0, err: 0)

    init(terminal: Bool = false, _ change: (inout Console) -> Void = { _ in }) throws {
        fixture = try DemoFixture()
        var console = world.console(
            terminal: terminal,
            environment: [
                "HOME": fixture.folder.path, "XDG_CONFIG_HOME": fixture.folder.path,
                "TOKENCTL_DB": fixture.database.path,
            ])
        change(&console)
        shell = Shell(Tokenctl.self, in: console)
    }

    deinit { shell.close() }

    /// How a line ended, and what it alone wrote.
    @discardableResult
    func callAsFunction(_ line: String) -> DemoFixture.Answer {
        let code = shell.run(line)
        return answer(code)
    }

    func run(_ script: Script, keepsGoing: Bool = false) -> DemoFixture.Answer {
        answer(shell.run(script, keepsGoing: keepsGoing))
    }

    func script(_ text: String) -> Script {
        var rest = Array(text.utf8)
        return Script(
            standardInput: Input(isTerminal: false) { () throws(Failure) in
                defer { rest = [] }
                return rest
            })
    }

    var isOver: Bool { shell.isOver }

    /// The ids of a listing, as one line each.
    func ids(_ line: String) -> [String] { self(line + " -o id").output.split(separator: "\n").map(String.init) }

    private func answer(_ code: TokenConsole.ExitCode) -> DemoFixture.Answer {
        let (out, err) = (world.output, world.errors)
        defer { shown = (out.utf8.count, err.utf8.count) }
        return DemoFixture.Answer(
            code: code, output: String(decoding: out.utf8.dropFirst(shown.out), as: UTF8.self),
            errors: String(decoding: err.utf8.dropFirst(shown.err), as: UTF8.self))
    }
}

/// Another process at the database: the `sqlite3` shell.
enum Sqlite {
    static func run(_ sql: String, on path: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-bail", path, sql]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.bug, "sqlite3 ended in \(process.terminationStatus)")
        }
    }
}
