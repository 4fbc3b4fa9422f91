import Testing
import TokenStorage

@testable import TokenLifecycle

/// A store that lives through random weeks: cleanup removes exactly what it planned, and nothing that is alive.
@Suite struct CleanupPropertyTests {
    private func live(_ test: TestStore) throws -> Set<Session.ID> {
        Set(try test.read { try $0.sessions(SessionFilter(), limit: 10_000).items.map(\.id) })
    }

    private func happen(_ test: TestStore, _ tokens: inout [String], _ random: inout SeededRandom) throws {
        let user = ["alice", "bob", "carol", "dave"].randomElement(using: &random) ?? ""
        let client = ["web", "ios", "kiosk"].randomElement(using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            guard let one = try live(test).randomElement(using: &random) else { return }
            try test.run(SessionRevocation(.ids([one.text]), reason: nil))
        case 1: try test.run(UserLogout([user], includesUnseen: true, reason: nil))
        case 2:
            guard let known = try test.clientIDs.randomElement(using: &random) else { return }
            try test.run(FloorLogout(.clients([known]), reason: nil))
        case 3: try test.rotate()
        case 4: try test.set("refresh.replay", random.next().isMultiple(of: 2) ? "family" : "session")
        case 5: try test.set("retention.ended", ["0s", "1h", "2d"].randomElement(using: &random) ?? "")
        case 6...10:
            guard let index = tokens.indices.randomElement(using: &random) else { return }
            if case .refreshed(let pair) = try test.refresh(tokens[index]), random.next().isMultiple(of: 4) == false {
                tokens[index] = pair.refreshToken
            }
        case 11...14: tokens.append(try test.logInWithTokens(user, client: client).refreshToken ?? "")
        default: try test.logIn(user, client: client)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `what is removed is what was planned, and nothing alive is ever lost`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let test = try TestStore()
        try test.set("refresh.idle", "12h")
        try test.set("refresh.ttl", "3d")
        var tokens: [String] = []
        var removed = 0
        for round in 0..<110 {
            test.advance(.seconds(Int64.random(in: 1...5400, using: &random)))
            try happen(test, &tokens, &random)
            guard round % 10 == 9 else { continue }
            var options = Cleanup.Options()
            if random.next().isMultiple(of: 3) {
                options.parts = Set(Cleanup.Part.allCases.filter { _ in random.next().isMultiple(of: 2) })
            }
            test.advance(.seconds(1))
            let alive = try live(test)
            let signer = try test.signer
            let planned = try Cleanup(options).plan(test.store)
            let (done, finished) = try Cleanup(options).run(test.store, as: test.actor)
            #expect(finished)
            #expect(done == planned, "seed \(seed), round \(round), \(options.parts)")
            #expect(try live(test) == alive, "seed \(seed), round \(round)")
            #expect(try test.signer == signer)
            #expect(try Cleanup(options).plan(test.store).total == 0)
            removed += done.rows
            #expect(
                try test.count("refresh_family f LEFT JOIN session s ON s.id = f.session_id WHERE s.id IS NULL") == 0)
        }
        #expect(removed > 10, "seed \(seed)")
        #expect(try test.read { try $0.verifyAudit().broken == nil })
    }
}
