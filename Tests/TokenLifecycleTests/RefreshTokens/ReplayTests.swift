import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct ReplayTests {
    /// Refreshes `count` times, well apart; returns every token of the line, the current one last.
    private func line(_ test: TestStore, _ login: LoggedIn, _ count: Int) throws -> [String] {
        var tokens = [login.refreshToken ?? ""]
        for _ in 0..<count {
            test.advance(.minutes(20))
            tokens.append(try test.refresh(tokens.last).pair.refreshToken)
        }
        test.advance(.minutes(1))
        return tokens
    }

    @Test(arguments: 0..<5)
    func `a spent token of any age ends family and session for both parties`(age: Int) throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let bystander = try test.logInWithTokens()
        let tokens = try line(test, login, 5)
        let access = try #require(try test.issue(session: login))
        #expect(try test.refresh(tokens[age], from: "203.0.113.66").refusal == .replayed)

        #expect(try test.refresh(tokens[5]).refusal == .ended)
        #expect(try test.state(login) == .ended)
        #expect(try test.session(login).end?.reason == "replay")
        #expect(try test.verify(access.text) == .inactive(.deniedSession))
        let family = try test.family(login)
        #expect(family.replayedFrom?.description == "203.0.113.66" && family.replays == 1)
        #expect(try test.state(bystander) == .active)

        let event = try #require(try test.read { try $0.auditHead() })
        #expect(event.verb == "refresh.replay" && event.target == family.id.text)
        #expect(event.reason == "presented from 203.0.113.66")
        #expect(event.counts == ["families": 1, "sessions": 1])
    }

    @Test func `the policy may end the family alone`() throws {
        let test = try TestStore()
        try test.set("refresh.replay", "family")
        let login = try test.logInWithTokens()
        let tokens = try line(test, login, 1)
        let before = try #require(try test.issue(session: login))
        #expect(try test.refresh(tokens[0]).refusal == .replayed)
        #expect(try test.refresh(tokens[1]).refusal == .ended)
        #expect(try test.state(login) == .active)
        #expect(try test.family(login).end?.reason == "replay")
        // What the thief may hold is denied; the session's next access token is good.
        #expect(try test.verify(before.text) == .inactive(.deniedSession))
        let next = try #require(try test.issue(session: login))
        #expect(try test.verify(next.text) == .active)
    }

    @Test func `repeats of one replay are counted and audited once`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let tokens = try line(test, login, 2)
        let events = try test.count("audit_event")
        #expect(try test.refresh(tokens[0], from: "203.0.113.1").refusal == .replayed)
        let first = try test.family(login)
        for _ in 0..<4 {
            test.advance(.seconds(30))
            #expect(try test.refresh(tokens[1], from: "203.0.113.2").refusal == .replayed)
        }
        let family = try test.family(login)
        #expect(family.replays == 5)
        #expect(family.replayedAt == first.replayedAt && family.replayedFrom?.description == "203.0.113.1")
        #expect(try test.count("audit_event") == events + 1)
        #expect(try test.read { try $0.verifyAudit().broken == nil })
    }

    @Test func `nobody can end a stranger's login by guessing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let tokens = try line(test, login, 3)
        let family = try test.family(login)
        let id = try test.read { $0.ids.permuted(family.id.row, .family) }
        let before = try test.read { $0.facts.lastWriteAt }
        var random = SeededRandom(5)
        for generation in [0, 1, 2, 3, 4, 5, 1000, UInt32.max] as [UInt32] {
            let guess = OpaqueToken.refresh(
                id, generation: generation, secret: SecretBytes(copying: random.bytes(32)), tag: random.bytes(16))
            #expect(try test.refresh(guess).refusal == .unknown, "generation \(generation)")
        }
        // The tag of one generation proves no other.
        let spent = try OpaqueToken(Array(tokens[0].utf8))
        for generation in [2, 3, 4] as [UInt32] {
            let moved = OpaqueToken.refresh(id, generation: generation, secret: spent.secret, tag: spent.tag)
            #expect(try test.refresh(moved).refusal == .unknown)
        }
        #expect(try test.family(login).replays == 0)
        #expect(try test.read { $0.facts.lastWriteAt } == before)
        #expect(try test.refresh(tokens[3]).refusal == nil)
    }

    @Test func `a current token with a wrong secret is refused and ends nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let current = try OpaqueToken(Array((login.refreshToken ?? "").utf8))
        var random = SeededRandom(6)
        let forged = OpaqueToken.refresh(
            current.id, generation: 1, secret: SecretBytes(copying: random.bytes(32)), tag: current.tag)
        #expect(try test.refresh(forged).refusal == .unknown)
        #expect(try test.state(login) == .active)
        #expect(try test.family(login).replays == 0)
    }

    @Test func `a token of another family of the same store is no replay here`() throws {
        let test = try TestStore()
        let alice = try test.logInWithTokens("alice")
        let bob = try test.logInWithTokens("bob")
        let theirs = try OpaqueToken(Array((bob.refreshToken ?? "").utf8))
        let ours = try OpaqueToken(Array((alice.refreshToken ?? "").utf8))
        let mixed = OpaqueToken.refresh(ours.id, generation: 1, secret: theirs.secret, tag: theirs.tag)
        #expect(try test.refresh(mixed).refusal == .unknown)
        #expect(try test.family(alice).replays == 0)
    }
}
