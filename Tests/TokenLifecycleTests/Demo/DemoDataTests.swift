import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// The demo is made by the real operations, so it is the broadest test of how they live together.
@Suite struct DemoDataTests {
    private func make() throws -> (TestStore, Store) {
        let test = try TestStore()
        let store = try DemoData.make(
            at: test.folder + "/demo.db", creation: StoreCreation(), clock: test.clock.clock, masterKey: test.masterKey,
            actor: test.actor)
        return (test, store)
    }

    @Test func `the demo shows every state there is and ends before now`() throws {
        let (test, store) = try make()
        try store.read { reader in
            #expect(reader.facts.lastWriteAt <= test.now)
            #expect(test.now - reader.facts.lastWriteAt < .minutes(5))
            let schedule = try reader.signingSchedule(withGoneKeys: true)
            let states = Set(schedule.keys.map { schedule.state(of: $0, at: reader.now) })
            #expect(states == [.standby, .active, .retiring, .removed, .revoked])

            var all = SessionFilter()
            all.states = Set(SessionState.allCases)
            let sessions = try reader.sessions(all, limit: 1000).items
            #expect((90...160).contains(sessions.count))
            #expect(Set(sessions.map { $0.state(at: reader.now) }) == Set(SessionState.allCases))
            var everyone = UserFilter()
            everyone.includesGone = true
            #expect(try reader.users(everyone, limit: 100).items.count >= 40)
            var replayed = FamilyFilter()
            replayed.replayed = true
            #expect(try reader.families(replayed, limit: 10).items.count == 2)
            #expect(try Set(reader.denyRules(limit: 100).items.map(\.scope)).isSuperset(of: [.token, .user, .key]))
            #expect(try reader.verifyAudit().broken == nil)
        }
    }

    @Test func `the demo store works on as any other`() throws {
        let (test, store) = try make()
        let login = try store.logIn(Login(user: "alice"), as: test.actor)
        #expect(login.session.isAlive(at: test.now))
        let issued = try store.issue(AccessTokenRequest(user: "alice"), as: test.actor)
        #expect(try store.read { try $0.verify(Array(issued.text.utf8)).verdict } == .active)
    }

    @Test func `a device calls itself what such a device does`() throws {
        let told = Dictionary(
            grouping: DemoTimeline.drawn().compactMap { moment -> Login? in
                if case .logIn(_, let login) = moment.step { login } else { nil }
            }, by: { $0.device ?? "none" })
        for (device, word) in [
            "MacBook Air": "Macintosh", "ThinkPad T14": "Linux", "Dell Latitude 7440": "Windows", "iPad Air": "iPad",
            "iPhone SE": "iPhone", "Pixel 9": "Pixel 9", "none": "batch",
        ] {
            let agents = Set(try #require(told[device], "\(device)").compactMap(\.userAgent))
            #expect(!agents.isEmpty && agents.allSatisfy { $0.contains(word) }, "\(device): \(agents)")
        }
    }

    @Test func `the same seed tells the same story`() throws {
        let told = [DemoTimeline.drawn(), DemoTimeline.drawn()].map { $0.map { "\($0)" } }
        #expect(told[0] == told[1])
        #expect(told[0].count > 200)
    }
}
