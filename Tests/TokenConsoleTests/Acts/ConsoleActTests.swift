import ArgumentParser
import Foundation
import Synchronization
import Testing
import TokenConsole
import TokenLifecycle
import TokenStorage

/// An act whose size the test decides; it leaves a mark in the store, so that a rollback shows.
private struct MarkingAct: Act {
    var tier = Tier.one
    var word: String?
    /// How many match at each look, the last for all further ones.
    var counts: [Int]
    let looks = Looks()

    final class Looks: Sendable {
        let count = Mutex(0)
    }

    func decide(_ store: some StoreReading) throws -> Int {
        let look = looks.count.withLock { count in
            defer { count += 1 }
            return count
        }
        return counts[min(look, counts.count - 1)]
    }

    func preview(_ decision: Int) -> Preview {
        Preview(action: "pet.end", tier: tier, summary: "end \(decision) pets", count: decision, word: word)
    }

    func apply(_ decision: Int, _ store: StoreWriter) throws -> Report {
        try store.execute("UPDATE store SET floor_at = \(Int64(decision) + 1)")
        return Report(
            action: "pet.end", items: (0..<decision).map { Report.Item("pet_\($0)", .ended) },
            lines: ["\(decision) ended"])
    }
}

@Suite struct `An act on the console` {
    private let world = TestWorld()
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var console = console(terminal: false)
        _ = try console.masterKeySource.createIfMissing()
        var creation = StoreCreation()
        creation.algorithm = nil
        let store = try creation.run(
            at: try console.databasePath, clock: console.clock, masterKey: console.masterKeySource,
            actor: console.recordedActor)
        try store.close()
        try console.closeStore()
    }

    private func console(terminal: Bool) -> Console {
        world.console(
            terminal: terminal,
            environment: ["TOKENCTL_DB": folder.path + "/t.db", "XDG_CONFIG_HOME": folder.path, "HOME": folder.path])
    }

    /// How the act ended: nil for well, and what it left in the store.
    private func run(
        _ act: MarkingAct, _ flags: [String] = [], terminal: Bool = false, globals: (inout Globals) -> Void = { _ in }
    ) throws -> (kind: Failure.Kind?, mark: Int64) {
        defer { try? FileManager.default.removeItem(at: folder) }
        var console = console(terminal: terminal)
        globals(&console.globals)
        var kind: Failure.Kind?
        do {
            try console.act(act, try ActOptions.parse(flags))
        } catch let failure as Failure {
            kind = failure.kind
        }
        try console.output.flush()
        try console.errors.flush()
        let mark = try console.store(for: .reading).read { $0.facts.floor.milliseconds }
        try console.closeStore()
        return (kind, mark)
    }

    @Test(
        arguments: [
            (Tier.one, nil, 1, [], nil), (.two, nil, 5, [], .usage), (.two, nil, 5, ["--reason", "r"], .refused),
            (.two, nil, 5, ["--reason", "r", "--yes"], nil), (.two, nil, 5, ["--yes"], .usage),
            (.three, nil, 30, ["--reason", "r", "--yes"], .refused),
            (.three, nil, 30, ["--reason", "r", "--confirm", "30"], .refused),
            (.three, nil, 30, ["--reason", "r", "-y", "--confirm", "30"], nil),
            (.three, nil, 30, ["--reason", "r", "-y", "--expect-count", "30"], nil),
            (.three, nil, 30, ["--reason", "r", "-y", "--max-affected", "40"], nil),
            (.three, nil, 30, ["--reason", "r", "-y", "--max-affected", "20"], .refused),
            (.three, "web", 5000, ["--reason", "r", "-y", "--confirm", "web"], nil),
            (.three, "web", 5, ["--reason", "r", "-y", "--expect-count", "5"], .usage),
            (.one, nil, 1001, [], .refused), (.one, nil, 1, ["--expect-count", "2"], .refused),
            (.two, nil, 2, ["--reason", "  ", "--yes"], .usage),
        ] as [(Tier, String?, Int, [String], Failure.Kind?)])
    func `without a terminal needs what its tier asks for, and else leaves nothing`(
        tier: Tier, word: String?, count: Int, flags: [String], refusal: Failure.Kind?
    ) throws {
        let result = try run(MarkingAct(tier: tier, word: word, counts: [count]), flags)
        #expect(result.kind == refusal)
        #expect(result.mark == (refusal == nil ? Int64(count) + 1 : 0))
        #expect(world.questions == [])
    }

    @Test(
        arguments: [
            (Tier.one, nil, [], nil), (.two, nil, ["y"], nil), (.two, nil, ["n"], .refused),
            (.two, nil, [nil], .refused),
            (.three, nil, ["y"], .refused), (.three, nil, ["7"], nil), (.three, "web", ["web"], nil),
            (.three, "web", ["7"], .refused),
        ] as [(Tier, String?, [String?], Failure.Kind?)])
    func `on a terminal shows a preview and asks`(
        tier: Tier, word: String?, answers: [String?], refusal: Failure.Kind?
    ) throws {
        world.answers = answers
        let result = try run(MarkingAct(tier: tier, word: word, counts: [7]), ["--reason", "r"], terminal: true)
        #expect(result.kind == refusal)
        #expect(result.mark == (refusal == nil ? 8 : 0))
        #expect(world.questions.count == answers.count)
        #expect(world.errors.contains("end 7 pets") == !answers.isEmpty)
    }

    @Test func `that grew after the preview is not done`() throws {
        world.answers = ["y"]
        let result = try run(MarkingAct(tier: .two, counts: [3, 4]), ["--reason", "r"], terminal: true)
        #expect(result.kind == .refused)
        #expect(result.mark == 0)
    }

    @Test func `that was agreed to by flag is asked for no more`() throws {
        let result = try run(MarkingAct(tier: .two, counts: [3]), ["--reason", "r", "-y"], terminal: true)
        #expect(result.mark == 4)
        #expect(world.questions == [])
    }

    @Test func `rehearsed changes nothing, needs no reason, and holds the guards`() throws {
        let result = try run(MarkingAct(tier: .three, counts: [30]), ["-n"], terminal: true)
        #expect(result.kind == nil)
        #expect(result.mark == 0)
        #expect(
            world.output == """
                end 30 pets
                to do it without being asked: --yes --confirm 30 --reason TEXT
                nothing was changed: this was a dry run

                """)
    }

    @Test func `rehearsed with a guard that does not hold is refused`() throws {
        #expect(try run(MarkingAct(counts: [30]), ["-n", "--expect-count", "29"]).kind == .refused)
    }

    @Test func `is refused whole with --read-only`() throws {
        #expect(try run(MarkingAct(counts: [1])) { $0.isReadOnly = true }.kind == .notPermitted)
    }

    @Test func `says under --cron one line, and none where nothing changed`() throws {
        _ = try run(MarkingAct(counts: [2])) { $0.isCron = true }
        #expect(world.output == "2 ended\n")
    }

    @Test func `is silent under --cron where nothing changed`() throws {
        _ = try run(MarkingAct(counts: [0])) { $0.isCron = true }
        #expect(world.output + world.errors == "")
    }

    @Test func `reports in JSON with the members that all mutations have`() throws {
        _ = try run(MarkingAct(counts: [1])) { $0.format = .json }
        #expect(
            world.output
                == #"{"schema":"tokenctl/v1/pet.end","action":"pet.end","dry_run":false,"matched":1,"changed":1,"#
                + #""unchanged":0,"failed":0,"items":[{"id":"pet_0","outcome":"ended"}],"still_valid_until":null,"#
                + #""audit":null}"# + "\n")
    }
}
