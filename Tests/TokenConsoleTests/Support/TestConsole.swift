import ArgumentParser
import TokenConsole
import TokenLifecycle

/// A world in memory: what a command writes is kept, what it asks is answered from a list.
final class TestWorld {
    private(set) var out: [UInt8] = []
    private(set) var err: [UInt8] = []
    private(set) var questions: [String] = []
    var answers: [String?] = []
    /// Writes questions and answers where a terminal would show them.
    var echoesQuestions = false

    var output: String { String(decoding: out, as: UTF8.self) }
    var errors: String { String(decoding: err, as: UTF8.self) }

    /// The instant of every test that sets none: 2026-01-01T00:00:00Z.
    static let newYear = Instant(milliseconds: 1_767_225_600_000)

    func console(
        at now: Instant = TestWorld.newYear, input: String = "", terminal: Bool = false, columns: Int? = 80,
        rows: Int? = nil, environment: [String: String] = [:]
    ) -> Console {
        var rest = Array(input.utf8)
        return Console(
            environment: environment,
            clock: Clock(now: { now }, sleep: { _ in }),
            input: Input(isTerminal: terminal && input.isEmpty) { () throws(Failure) in
                defer { rest = [] }
                return rest
            },
            output: Sink(isTerminal: terminal, columns: { columns }, rows: { rows }) {
                [self] bytes throws(Failure) in out += bytes
            },
            errors: Sink(isTerminal: terminal, columns: { columns }) { [self] bytes throws(Failure) in err += bytes },
            prompter: Prompter(isAvailable: terminal) { [self] question, _ throws(Failure) in
                questions.append(question)
                let answer = answers.isEmpty ? nil : answers.removeFirst()
                if echoesQuestions { err += Array("\(question)\(answer ?? "^D")\n".utf8) }
                return answer
            },
            uid: 1000, login: "tester")
    }
}

/// Runs one command line of the toy tree and says how it ended.
struct Run {
    let code: TokenConsole.ExitCode
    let output: String
    let errors: String

    init(
        _ arguments: [String], input: String = "", terminal: Bool = false, columns: Int? = 80,
        environment: [String: String] = [:], root: any ParsableCommand.Type = Toy.self
    ) {
        let world = TestWorld()
        var console = world.console(input: input, terminal: terminal, columns: columns, environment: environment)
        code = Dispatcher(root).run(arguments, in: &console)
        output = world.output
        errors = world.errors
    }
}
