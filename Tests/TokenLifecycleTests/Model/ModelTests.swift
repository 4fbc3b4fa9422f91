import Foundation
import Testing

@Suite struct ModelTests {
    /// `make torture` asks for a million.
    private static let steps = ProcessInfo.processInfo.environment["TOKENCTL_MODEL_STEPS"].flatMap(Int.init) ?? 3000
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["TOKENCTL_MODEL_SEED"].flatMap(UInt64.init).map { [$0] } ?? [1, 20261121]

    @Test(arguments: seeds)
    func `random logins, refreshes, replays, logouts, floors and clock steps agree with a model`(seed: UInt64) throws {
        var run = try ModelRun(seed: seed)
        do {
            for _ in 0..<Self.steps / Self.seeds.count { try run.step() }
        } catch {
            Issue.record("seed \(seed), \(error)")
        }
        // A walk that met too little proves too little.
        for happening in [
            "login", "login beyond the limit", "refresh", "repeated refresh", "replay", "replay that ended a login",
            "refused refresh", "touch", "regeneration", "revocation", "family revoked, family",
            "family revoked, session",
            "user logout", "session kept", "client logout", "everyone's logout", "clock stepped back", "busy",
            "cleanup that removed", "verdict active", "verdict denied_user", "verdict denied_session",
        ] {
            #expect(run.tally[happening] != nil, "seed \(seed) never met: \(happening)")
        }
    }
}
