import Foundation
import Synchronization
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// Looks only when told: what it knows and how old that is are the test's to decide.
@Suite struct VerifierTests {
    /// Time for ages, moved by hand.
    private final class Elapsed: Sendable {
        private let held = Mutex(Duration.zero)
        var value: Duration { held.withLock { $0 } }
        func advance(_ duration: Duration) { held.withLock { $0 += duration } }
    }

    private func opened(
        _ test: TestStore, _ elapsed: Elapsed = Elapsed(), _ change: (inout Verifier.Options) -> Void = { _ in }
    ) throws -> Verifier {
        var options = Verifier.Options()
        options.clock = test.clock.clock
        options.elapsed = { elapsed.value }
        change(&options)
        let source = StoreLookout(path: test.path, masterKeyFile: options.masterKeyFile, clock: options.clock)
        return try Verifier(reading: source, options)
    }

    private func refusal(_ answer: VerifierAnswer) -> RefusalReason? {
        if case .inactive(let reason) = answer.verdict { reason } else { nil }
    }

    private func isUnavailable(_ answer: VerifierAnswer) -> Bool {
        if case .unavailable = answer.verdict { true } else { false }
    }

    @Test func `accepts what is good and says what it says`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens(client: "web", scope: ["read", "write"])
        let token = login.access?.text ?? ""
        let verifier = try opened(test)
        let claims = try #require(verifier.verify(token).claims)
        #expect(claims.subject == "alice" && claims.client == "web" && claims.session == login.session.id.text)
        #expect(claims.scope == ["read", "write"] && claims.expiresAt == login.access?.expiry)
        #expect(refusal(verifier.verify("nonsense")) == .malformed)
        #expect(refusal(verifier.verify([0xFF, 0x2E, 0x2E])) == .malformed)
        #expect(refusal(verifier.verify(login.sessionToken)) == .wrongKind)
        test.advance(.hours(2))
        #expect(refusal(verifier.verify(login.access?.text ?? "")) == .expired)
    }

    @Test func `knows of an act after the next look, not before, and without reading all again`() throws {
        let test = try TestStore()
        let alice = try test.logInWithTokens("alice")
        let bob = try test.logInWithTokens("bob")
        let verifier = try opened(test)
        test.advance(.seconds(2))
        try test.run(UserLogout(["alice"], reason: nil))
        #expect(verifier.verify(alice.access?.text ?? "").claims != nil)
        verifier.look()
        #expect(refusal(verifier.verify(alice.access?.text ?? "")) == .deniedUser)
        #expect(verifier.verify(bob.access?.text ?? "").claims != nil)
        #expect(verifier.ruleCount == 1)
    }

    @Test func `scopes of the denylist, widened rules, and what was lifted again`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens("alice", client: "web")
        let token = login.access?.text ?? ""
        let verifier = try opened(test)
        test.advance(.seconds(2))
        let jti = try #require(try test.claims(token)["jti"]?.stringValue)
        let acts: [(DenylistAddition, RefusalReason)] = [
            (.init(.tokenIDs([jti]), reason: nil), .deniedToken),
            (.init(.session(login.session.id.text), reason: nil), .deniedSession),
            (.init(.user("alice"), reason: nil), .deniedUser),
            (.init(.client("web"), reason: nil), .deniedClient),
            (.init(.everyone, reason: nil), .deniedEveryone),
        ]
        for (act, reason) in acts {
            test.advance(.seconds(2))
            try test.run(act)
            verifier.look()
            #expect(refusal(verifier.verify(token)) == reason)
        }
        let rules = try test.read { try $0.denyRules(limit: 10).items }
        #expect(verifier.ruleCount == rules.count && rules.count == 5)
        try test.run(DenylistRemoval(rules.map { String($0.id) }, reason: nil))
        verifier.look()
        #expect(verifier.verify(token).claims != nil)
        #expect(verifier.ruleCount == 0)
    }

    @Test func `keys that come, retire and are revoked`() throws {
        let test = try TestStore()
        let old = try test.logInWithTokens("alice")
        let verifier = try opened(test)
        test.advance(.days(1))
        try test.rotate()
        test.advance(.days(1))
        let new = try test.logInWithTokens("bob")
        verifier.look()
        #expect(verifier.verify(new.access?.text ?? "").claims != nil)
        #expect(refusal(verifier.verify(old.access?.text ?? "")) == .expired)
        let kid = try #require(try test.signer)
        try test.revokeKey(kid, replacing: true)
        verifier.look()
        #expect(refusal(verifier.verify(new.access?.text ?? "")) == .keyRevoked)
    }

    @Test func `a policy that changes is followed, one that is replaced is not asked`() throws {
        let test = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let verifier = try opened(test)
        let own = try opened(test) { $0.audience = "elsewhere" }
        #expect(verifier.verify(token).claims != nil)
        #expect(refusal(own.verify(token)) == .wrongAudience)
        try test.set("token.audience", "elsewhere")
        verifier.look()
        #expect(refusal(verifier.verify(token)) == .wrongAudience)
    }

    @Test func `says how old its knowledge is, and after failAfter accepts nothing`() throws {
        let test = try TestStore()
        let elapsed = Elapsed()
        let token = try test.logInWithTokens().access?.text ?? ""
        let verifier = try opened(test, elapsed) { $0.failAfter = .seconds(30) }
        elapsed.advance(.seconds(30))
        #expect(verifier.verify(token).claims != nil && verifier.verify(token).age == .seconds(30))
        try FileManager.default.moveItem(atPath: test.path, toPath: test.path + ".away")
        verifier.look()
        elapsed.advance(.milliseconds(1))
        #expect(isUnavailable(verifier.verify(token)))
        #expect(isUnavailable(verifier.verify("nonsense")))
        try FileManager.default.moveItem(atPath: test.path + ".away", toPath: test.path)
        verifier.look()
        #expect(verifier.verify(token).claims != nil && verifier.age == .zero)
    }

    @Test func `notices another database in the place of the one it read`() throws {
        let test = try TestStore()
        let other = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let foreign = try other.logInWithTokens().access?.text ?? ""
        let verifier = try opened(test)
        #expect(refusal(verifier.verify(foreign)) == .unknownKey)
        try other.store.close()
        try test.store.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: test.path + suffix) }
        try FileManager.default.copyItem(atPath: other.path, toPath: test.path)
        verifier.look()
        #expect(refusal(verifier.verify(token)) == .unknownKey)
        #expect(verifier.verify(foreign).claims != nil)
    }

    @Test func `asked for the session, it reads once and fails closed`() async throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let token = login.access?.text ?? ""
        let verifier = try opened(test)
        #expect(await verifier.verify(token, askingForSession: true).claims != nil)
        test.advance(.seconds(2))
        try test.run(UserLogout(["alice"], reason: nil))
        #expect(verifier.verify(token).claims != nil)
        #expect(refusal(await verifier.verify(token, askingForSession: true)) == .deniedUser)
        try FileManager.default.removeItem(atPath: test.path)
        #expect(isUnavailable(await verifier.verify(token, askingForSession: true)))
        #expect(refusal(await verifier.verify("nonsense", askingForSession: true)) == .malformed)
    }

    @Test func `without the secret of a shared key it cannot decide, and all other tokens stay decided`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(30)) { $0.accepted.client = "web" }
        let legacy = try shop.token(["sub": "alice", "iat": .integer(test.now.seconds)])
        let ours = try test.logInWithTokens().access?.text ?? ""
        let blind = try opened(test)
        #expect(isUnavailable(blind.verify(legacy)))
        #expect(blind.verify(ours).claims != nil)
        let seeing = try opened(test) { $0.masterKeyFile = test.folder + "/master.key" }
        #expect(seeing.verify(legacy).claims?.subject == "alice")
    }

    /// One code judges both: they may differ in age only.
    @Test func `answers as the store does, for tokens of every kind`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.es256)
        try shop.importKey(into: test, until: test.now + .days(30)) { _ in }
        var tokens = try (0..<12).map { try test.logInWithTokens("user\($0)", client: "c\($0 % 3)").access?.text ?? "" }
        tokens.append(try shop.token(["sub": "user3", "iat": 1]))
        tokens.append(try shop.token(["sub": "user4"]))
        for claims in [
            ["sub": "x"], ["sub": "x", "exp": 1, "iat": 1], ["aud": "else", "sub": "x", "exp": 9_999_999_999],
        ]
            as [JSON]
        {
            tokens.append(try test.sign(claims))
        }
        tokens +=
            tokens.map { String($0.dropLast(2)) } + tokens.map { $0.replacing("e", with: "f", maxReplacements: 3) }
        test.advance(.seconds(2))
        try test.run(UserLogout(["user1"], reason: nil))
        try test.run(FloorLogout(.clients(["c2"]), reason: nil))
        try test.run(
            SessionRevocation(.ids([try test.read { try $0.liveSessions(ofUser: "user3").only.id.text }]), reason: nil))
        let verifier = try opened(test)
        var seen: Set<RefusalReason> = []
        for token in tokens {
            let verdict = try test.verify(token)
            let answer = verifier.verify(token)
            if case .inactive(let reason) = verdict { seen.insert(reason) }
            #expect(verdict == (answer.claims != nil ? .active : .inactive(try #require(refusal(answer)))), "\(token)")
        }
        #expect(seen.isSuperset(of: [.deniedUser, .deniedClient, .deniedSession, .badSignature, .missingClaim]))
    }

    @Test func `by itself it looks again and again`() async throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        var options = Verifier.Options()
        options.clock = test.clock.clock
        options.maxStaleness = .milliseconds(5)
        options.failAfter = .seconds(3600)
        let verifier = try await Verifier.open(at: test.path, options: options)
        test.advance(.seconds(2))
        try test.run(UserLogout(["alice"], reason: nil))
        let end = ContinuousClock.now + .seconds(600)
        while verifier.verify(login.access?.text ?? "").claims != nil, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(refusal(verifier.verify(login.access?.text ?? "")) == .deniedUser)
        await verifier.close()
    }

    @Test func `many threads verify while it looks`() async throws {
        let test = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let verifier = try opened(test)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<200).count { _ in verifier.verify(token).claims != nil } }
            }
            group.addTask {
                for _ in 0..<50 { verifier.look() }
                return 0
            }
            var accepted = 0
            for await count in group { accepted += count }
            #expect(accepted == 1600)
        }
    }
}
