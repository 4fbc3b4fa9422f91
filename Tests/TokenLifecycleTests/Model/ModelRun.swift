import Testing
import TokenJOSE

@testable import TokenLifecycle

/// One random walk: each step does the same to a real store and to the model, and compares what came of it.
struct ModelRun {
    struct Disagreement: Error, CustomStringConvertible {
        var description: String
    }

    let test: TestStore
    var model: LoginModel
    var random: SeededRandom
    private(set) var steps = 0
    /// How often each thing happened: a walk that met too few of them proves nothing.
    private(set) var tally: [String: Int] = [:]

    static let users = (0..<4).map { "user\($0)" }
    static let clients = ["web", "ios", "cli"]

    init(seed: UInt64) throws {
        random = SeededRandom(seed)
        test = try TestStore()
        for (name, value) in [
            ("session.idle", "10m"), ("session.absolute", "1h"), ("refresh.idle", "40m"), ("refresh.ttl", "3h"),
            ("access.ttl", "5m"), ("retention.ended", "2h"), ("session.limit", "6"),
        ] { try test.set(name, value) }
        model = LoginModel(at: test.now, lastWrite: try test.read { $0.facts.lastWriteAt })
    }

    mutating func step() throws {
        steps += 1
        test.clock.now = model.clock
        switch Int.random(in: 0..<100, using: &random) {
        case ..<24: try logIn()
        case ..<48: try refresh()
        case ..<58: try touch()
        case ..<63: try regenerate()
        case ..<69: try revoke()
        case ..<73: try revokeFamily()
        case ..<76: try logOutUser()
        case ..<77: try logOutClient()
        case 77 where Bool.random(using: &random): try logOutEveryone()
        case ..<95: moveClock()
        case ..<97: try cleanUp()
        default: break
        }
        guard test.now == model.clock else { throw disagreement("the clock is at", test.now, model.clock) }
        let written = try test.read { $0.facts.lastWriteAt }
        guard written == model.lastWrite else { throw disagreement("store time is", written, model.lastWrite) }
        try compareSome()
        if steps % 250 == 0 { try compareAll() }
    }

    // MARK: What acts and comparisons share

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: choices.indices, using: &random)] }

    mutating func count(_ what: String, _ more: String? = nil) {
        tally[what, default: 0] += 1
        if let more { tally[more, default: 0] += 1 }
    }

    mutating func busy(_ what: String, _ kind: Failure.Kind?) throws {
        try demand(kind == .busy, "\(what) with the clock behind is", kind, Failure.Kind.busy)
        count("busy")
    }

    func demand(_ holds: Bool, _ what: String, _ actual: Any?, _ expected: Any?) throws {
        guard holds else { throw disagreement(what, actual, expected) }
    }

    func disagreement(_ what: String, _ actual: Any?, _ expected: Any?) -> Disagreement {
        Disagreement(
            description:
                "step \(steps): \(what) \(actual.map { "\($0)" } ?? "nil"); the model says \(expected.map { "\($0)" } ?? "nil")"
        )
    }
}
