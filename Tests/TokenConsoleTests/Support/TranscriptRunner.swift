import ArgumentParser
import Foundation
import Synchronization
import TokenConsole
import TokenLifecycle

/// Plays a transcript in process, in a folder of its own, and says where reality differs.
struct TranscriptRunner {
    /// Each command as a process of its own would run it, or all of them as lines of one shell.
    enum Driver: CaseIterable, Sendable { case oneShot, shell }

    let root: any ParsableCommand.Type
    var driver = Driver.oneShot
    /// Whether answers are to be written down instead of compared.
    var records = false

    /// Set to record: transcripts are rewritten with what happened, and the test fails, so nobody records by accident.
    static let isRecording = ProcessInfo.processInfo.environment["TOKENCTL_RECORD_TRANSCRIPTS"] == "1"

    /// The differences, a text each; none when all is as expected. `recorded` is the transcript with what really came.
    func play(_ transcript: Transcript) throws -> (differences: [String], answers: [Answer]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        var captures = Captures(authored: transcript.steps.map { $0.command + $0.input }.joined(separator: "\n"))
        var differences: [String] = []
        var answers: [Answer] = []
        let shell = PlayedShell()
        defer { shell.close() }
        for step in transcript.steps {
            var answer = try run(step, captures, in: folder.path, shell)
            if records { answer = record(answer, step, &captures) }
            answers.append(answer)
            differences += compare(step.output, answer.output, "output", step, &captures)
            differences += compare(step.errors, answer.errors, "errors", step, &captures)
            if step.code != answer.code {
                differences.append(
                    "line \(step.line): exit \(answer.code), not \(step.code): \(answer.errors.joined(separator: " "))")
            }
        }
        return (differences, answers)
    }

    struct Answer {
        var output: [String]
        var errors: [String]
        var code: Int32
    }

    /// Runs a step in the world it describes.
    private func run(
        _ step: Transcript.Step, _ captures: Captures, in folder: String, _ played: PlayedShell
    ) throws -> Answer {
        let world = TestWorld()
        world.answers = step.typed.map { captures.filled($0) }
        world.echoesQuestions = true
        var console = world.console(
            at: step.now, input: captures.filled(step.input), terminal: step.terminal != nil, columns: step.terminal,
            environment: [
                "HOME": folder, "XDG_CONFIG_HOME": folder, "TOKENCTL_DB": "\(folder)/tokens.db", "PWD": folder,
                "DIR": folder,
            ])
        let command = captures.filled(step.command).replacingOccurrences(of: "$DIR", with: folder)
        var code = ExitCode.done
        switch driver {
        case .oneShot:
            for words in try Words.commands(in: command) {
                guard words.first == "tokenctl" else {
                    throw Failure(.malformed, "line \(step.line): not a tokenctl command")
                }
                code = Dispatcher(root).run(Array(words.dropFirst()), in: &console)
            }
            try console.closeStore()
        case .shell: code = played.run(command, root, as: console)
        }
        func lines(_ text: String) -> [String] {
            text.replacingOccurrences(of: folder, with: "$DIR").split(separator: "\n").map(String.init)
        }
        return Answer(output: lines(world.output), errors: lines(world.errors), code: code.rawValue)
    }

    private func compare(
        _ expected: [String], _ actual: [String], _ stream: String, _ step: Transcript.Step, _ captures: inout Captures
    ) -> [String] {
        var differences: [String] = []
        for (pattern, line) in zip(expected, actual) where !captures.matches(pattern, line) {
            differences.append("line \(step.line): \(stream) '\(line)', not '\(pattern)'")
        }
        for line in actual.dropFirst(expected.count) {
            differences.append("line \(step.line): unexpected \(stream) '\(line)'")
        }
        for line in expected.dropFirst(actual.count) {
            differences.append("line \(step.line): missing \(stream) '\(line)'")
        }
        return differences
    }
}

extension TranscriptRunner {
    /// What to write down: lines that were expected stay as they were written, in others names stand for what is random.
    private func record(_ answer: Answer, _ step: Transcript.Step, _ captures: inout Captures) -> Answer {
        var answer = answer
        func written(_ actual: [String], _ expected: [String]) -> [String] {
            actual.enumerated().map { index, line in
                if index < expected.count, captures.matches(expected[index], line) { return expected[index] }
                captures.name(in: line)
                return captures.named(line)
            }
        }
        answer.output = written(answer.output, step.output)
        answer.errors = written(answer.errors, step.errors)
        return answer
    }

    /// The text of a transcript with what really came in place of what was expected.
    func recording(_ text: String, _ transcript: Transcript, _ answers: [Answer]) -> String {
        var result: [String] = []
        var rest = zip(transcript.steps, answers).makeIterator()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty || ["#", "< ", "> "].contains(where: line.hasPrefix) { result.append(String(line)) }
            guard line.hasPrefix("$ "), let (_, answer) = rest.next() else { continue }
            result.append(String(line))
            result += answer.output + answer.errors.map { "! \($0)" }
            if answer.code != 0 { result.append("? \(answer.code)") }
        }
        return result.joined(separator: "\n")
    }
}

/// The shell that plays a transcript: one from the first step to the last, while the world around it goes on.
private final class PlayedShell {
    private var shell: Shell?
    private let moment = Moment()

    private final class Moment: Sendable {
        let now = Mutex(TestWorld.newYear)
    }

    func run(_ line: String, _ root: any ParsableCommand.Type, as world: Console) -> TokenConsole.ExitCode {
        moment.now.withLock { $0 = world.now }
        var shell = self.shell ?? Shell(root, in: world)
        // The store stays open, with the clock it was opened with.
        shell.console.clock = Clock(now: { [moment] in moment.now.withLock { $0 } }, sleep: { _ in })
        shell.console.input = world.input
        shell.console.output = world.output
        shell.console.errors = world.errors
        shell.console.prompter = world.prompter
        let code = shell.run(line)
        self.shell = shell
        return code
    }

    func close() { shell?.close() }
}
