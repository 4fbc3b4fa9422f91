import Testing
import TokenStorage

@testable import TokenLifecycle

/// A store that lives through random weeks under policies that change all the while: cleanup removes exactly what it
/// planned, and nothing that is alive or still needed.
@Suite struct CleanupPropertyTests {
    private func live(_ test: TestStore) throws -> Set<Session.ID> {
        Set(try test.read { try $0.sessions(SessionFilter(), limit: 10_000).items.map(\.id) })
    }

    /// Policies that decide lifetimes, and values between which they swing: what was born under one must not die by another.
    private static let swings: [(name: String, values: [String])] = [
        ("session.idle", ["1m", "1h", "3d"]), ("session.absolute", ["2m", "1d", "9d"]),
        ("refresh.idle", ["1m", "12h", "5d"]),
        ("refresh.ttl", ["5m", "3d", "20d"]), ("refresh.grace", ["0s", "10s", "60s"]),
        ("access.ttl", ["10s", "15m", "1h"]),
        ("clock.skew", ["0s", "1m", "10m"]), ("jwks.max_age", ["0s", "10m", "2d"]),
        ("key.rollback", ["0s", "1h", "3d"]),
        ("retention.ended", ["0s", "1h", "2d"]), ("retention.audit", ["none", "1d", "3d"]),
        ("refresh.replay", ["family", "session"]),
    ]

    /// What a verifier says of each access token; a token that nobody accepts any more need not be explained.
    private func verdicts(_ test: TestStore, _ tokens: [String]) throws -> [Bool] {
        try tokens.map { if case .active = try test.verify($0, online: true) { true } else { false } }
    }

    private func happen(
        _ test: TestStore, _ tokens: inout [String], _ access: inout [String],
        _ random: inout SeededRandom
    ) throws {
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
        case 4, 5:
            guard let swing = Self.swings.randomElement(using: &random) else { return }
            try test.set(swing.name, swing.values.randomElement(using: &random) ?? "")
        case 6...10:
            guard let index = tokens.indices.randomElement(using: &random) else { return }
            if case .refreshed(let pair) = try test.refresh(tokens[index]), random.next().isMultiple(of: 4) == false {
                tokens[index] = pair.refreshToken
                access.append(pair.access.text)
            }
        case 11...14:
            let login = try test.logInWithTokens(user, client: client)
            tokens.append(login.refreshToken ?? "")
            access.append(login.access?.text ?? "")
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
        var access: [String] = []
        var removed = 0
        for round in 0..<110 {
            test.advance(.seconds(Int64.random(in: 1...5400, using: &random)))
            try happen(test, &tokens, &access, &random)
            guard round % 10 == 9 else { continue }
            var options = Cleanup.Options()
            if random.next().isMultiple(of: 3) {
                options.parts = Set(Cleanup.Part.allCases.filter { _ in random.next().isMultiple(of: 2) })
            }
            test.advance(.seconds(1))
            let alive = try live(test)
            let signer = try test.signer
            let accepted = try verdicts(test, access)
            let families = try test.read { try $0.families(FamilyFilter(), limit: 10_000).items.map(\.id) }
            let planned = try Cleanup(options).plan(test.store)
            let result = try Cleanup(options).run(test.store, as: test.actor)
            let done = result.counts
            #expect(result.finished)
            #expect(done == planned, "seed \(seed), round \(round), \(options.parts)")
            #expect(try live(test) == alive, "seed \(seed), round \(round)")
            #expect(try test.read { try $0.wrongEntries() }.isEmpty, "seed \(seed), round \(round)")
            #expect(try test.signer == signer)
            #expect(try verdicts(test, access) == accepted, "seed \(seed), round \(round): a verdict changed")
            let stillThere = try test.read { try $0.families(FamilyFilter(), limit: 10_000).items.map(\.id) }
            #expect(stillThere == families, "seed \(seed), round \(round)")
            var left = try Cleanup(options).plan(test.store)
            left.auditEvents = 0  // The newest event stays until there is a newer one: the cleanup's own.
            #expect(left.total == 0)
            removed += done.rows
            #expect(
                try test.count("refresh_family f LEFT JOIN session s ON s.id = f.session_id WHERE s.id IS NULL") == 0)
        }
        #expect(removed > 10, "seed \(seed)")
        #expect(try test.read { try $0.verifyAudit().broken == nil })
    }
}
