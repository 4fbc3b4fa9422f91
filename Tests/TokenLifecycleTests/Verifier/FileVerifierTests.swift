import Foundation
import Synchronization
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// A verifier away from the store, on files that the store exported.
@Suite struct FileVerifierTests {
    private final class Elapsed: Sendable {
        private let held = Mutex(Duration.zero)
        var value: Duration { held.withLock { $0 } }
        func advance(_ duration: Duration) { held.withLock { $0 += duration } }
    }

    /// A store, its two files as they were last carried over, and time.
    private struct Elsewhere {
        let test: TestStore
        let elapsed = Elapsed()
        var keySet: String { test.folder + "/elsewhere.jwks.json" }
        var denylist: String { test.folder + "/elsewhere.denylist" }

        init(_ test: TestStore) throws {
            self.test = test
            try carryOver()
        }

        func carryOver(_ format: SnapshotFormat = .ndjson, isPartial: Bool = false) throws {
            let (keys, snapshot) = try test.read {
                (try $0.keySet().bytes, try DenylistExport(format, isPartial: isPartial).make($0).bytes)
            }
            try AtomicFile.write(keys, to: keySet, mode: 0o644)
            try AtomicFile.write(snapshot, to: denylist, mode: 0o644)
        }

        func open(
            trusting thumbprint: String? = nil, issuer: String = "https://tokenctl.example", audience: String = "api"
        ) throws -> Verifier {
            var options = Verifier.Options()
            options.clock = test.clock.clock
            options.elapsed = { [elapsed] in elapsed.value }
            let source = FileLookout.Source(
                keySet: keySet, denylist: denylist,
                thumbprint: try thumbprint ?? test.read { try $0.identity().thumbprint }, issuer: issuer,
                audience: audience)
            return try Verifier(reading: FileLookout(source, clock: options.clock), options)
        }

        func pass(_ duration: Duration) {
            test.advance(duration)
            elapsed.advance(duration)
        }
    }

    private func refusal(_ answer: VerifierAnswer) -> RefusalReason? {
        if case .inactive(let reason) = answer.verdict { reason } else { nil }
    }

    private func isUnavailable(_ answer: VerifierAnswer) -> Bool {
        if case .unavailable = answer.verdict { true } else { false }
    }

    @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .rs256])
    func `accepts what the store accepts, and says what it says`(_ algorithm: SignatureAlgorithm) throws {
        let test = try TestStore(algorithm)
        let token = try test.logInWithTokens(scope: ["read"]).access?.text ?? ""
        let elsewhere = try Elsewhere(test)
        let verifier = try elsewhere.open()
        #expect(verifier.verify(token).claims?.subject == "alice")
        #expect(verifier.verify(token).claims?.scope == ["read"])
        #expect(refusal(verifier.verify(token.dropLast(12) + String(repeating: "A", count: 12))) == .badSignature)
        #expect(refusal(try elsewhere.open(audience: "other").verify(token)) == .wrongAudience)
        #expect(refusal(try elsewhere.open(issuer: "https://other.example").verify(token)) == .wrongIssuer)
    }

    /// Each scope and both floors, as the next export says them; one that is lifted again frees its tokens.
    @Test(arguments: [SnapshotFormat.ndjson, .json, .csv])
    func `every scope and every floor comes with the next export`(_ format: SnapshotFormat) throws {
        let test = try TestStore()
        let elsewhere = try Elsewhere(test)
        let verifier = try elsewhere.open()
        let users = (0..<6).map { "user-\($0)" }
        let logins = try users.map {
            try test.logInWithTokens($0, client: $0 == "user-5" ? "shop" : "client, \"\($0)\"")
        }
        let tokens = logins.map { $0.access?.text ?? "" }
        test.advance(.seconds(2))
        let jti = try #require(try test.claims(tokens[0])["jti"]?.stringValue)
        try test.run(DenylistAddition(.tokenIDs([jti]), reason: nil))
        try test.run(DenylistAddition(.session(logins[1].session.id.text), reason: nil))
        try test.run(DenylistAddition(.user("user-2"), reason: nil))
        try test.run(DenylistAddition(.client("client, \"user-3\""), reason: nil))
        try test.run(FloorLogout(.clients(["shop"]), reason: nil))
        #expect(tokens.allSatisfy { verifier.verify($0).claims != nil })
        try elsewhere.carryOver(format)
        verifier.look()
        #expect(
            tokens.map { refusal(verifier.verify($0)) } == [
                .deniedToken, .deniedSession, .deniedUser, .deniedClient, nil, .deniedClient,
            ])
        test.advance(.seconds(2))
        let late = try test.logInWithTokens("user-5", client: "shop").access?.text ?? ""
        try test.run(DenylistRemoval(["1"], reason: nil))
        try elsewhere.carryOver(format)
        verifier.look()
        #expect(verifier.verify(tokens[0]).claims != nil && verifier.verify(late).claims != nil)
        test.advance(.seconds(2))
        try test.run(FloorLogout(.everyone, reason: nil))
        try elsewhere.carryOver(format)
        verifier.look()
        #expect((tokens + [late]).allSatisfy { refusal(verifier.verify($0)) == .deniedEveryone })
    }

    /// A floor and a rule may have one scope and value: what either denies is denied, whichever comes first.
    @Test func `of several rules with one value the widest counts`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens("alice", client: "shop")
        test.advance(.seconds(2))
        try test.run(FloorLogout(.clients(["shop"]), reason: nil))
        test.advance(.seconds(2))
        let between = try test.logInWithTokens("bob", client: "shop").access?.text ?? ""
        test.advance(.seconds(2))
        // Wider than the floor of before, in a rule of its own.
        try test.run(DenylistAddition(.client("shop"), reason: nil))
        let verifier = try Elsewhere(test).open()
        #expect(refusal(verifier.verify(login.access?.text ?? "")) == .deniedClient)
        #expect(refusal(verifier.verify(between)) == .deniedClient)
        var rules = HeldRules(for: 2)
        rules.settle(.client, "shop", cutOff: 7, until: 9)
        rules.settle(.client, "shop", cutOff: 5, until: .max)
        #expect(rules.rule(.client, "shop")?.cutOff == 7 && rules.rule(.client, "shop")?.until == .max)
    }

    @Test func `keys come and go with the key set`() throws {
        let test = try TestStore()
        let old = try test.logInWithTokens().access?.text ?? ""
        let kid = try #require(try test.signer)
        let elsewhere = try Elsewhere(test)
        let verifier = try elsewhere.open()
        try test.revokeKey(kid, replacing: true)
        #expect(verifier.verify(old).claims != nil)
        try elsewhere.carryOver()
        verifier.look()
        #expect(refusal(verifier.verify(old)) == .unknownKey)
        let new = try test.logInWithTokens("bob").access?.text ?? ""
        #expect(verifier.verify(new).claims != nil)
    }

    @Test func `a snapshot that has expired decides nothing, whatever the clock says then`() throws {
        let test = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let elsewhere = try Elsewhere(test)
        let verifier = try elsewhere.open()
        let maxAge = try test.read { try $0.policies.denylistMaxAge }
        for _ in 0..<9 {
            elsewhere.pass(maxAge / 10)
            verifier.look()
        }
        #expect(verifier.verify(token).claims != nil && verifier.verify(token).age == maxAge * 9 / 10)
        elsewhere.pass(maxAge / 10)
        verifier.look()
        #expect(isUnavailable(verifier.verify(token)) && isUnavailable(verifier.verify("nonsense")))
        try elsewhere.carryOver()
        verifier.look()
        #expect(verifier.verify(token).claims != nil && verifier.age == .zero)
        // A clock that goes back before the snapshot was made changes nothing: time is then when it was made.
        test.clock.now = test.now - .hours(1)
        #expect(verifier.verify(token).claims != nil && verifier.age == .zero)
    }

    /// What each of these leaves behind is refused as a whole; what was known stays, for `failAfter`.
    @Test(arguments: [
        "absent denylist", "absent key set", "altered", "cut", "another store", "older", "list of ids", "secret in set",
        "no key set", "one kid twice", "new scope",
    ])
    func `files that cannot be trusted change nothing, and fail closed`(_ what: String) throws {
        let test = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let elsewhere = try Elsewhere(test)
        let older = try InputFile.read(elsewhere.denylist, limit: 1 << 20)
        test.advance(.seconds(2))
        try test.run(DenylistAddition(.user("bob"), expires: test.now + .hours(1), reason: nil))
        try elsewhere.carryOver()
        let verifier = try elsewhere.open()
        let denylist = try InputFile.read(elsewhere.denylist, limit: 1 << 20)
        let keySet = try InputFile.read(elsewhere.keySet, limit: 1 << 20)
        switch what {
        case "absent denylist": try FileManager.default.removeItem(atPath: elsewhere.denylist)
        case "absent key set": try FileManager.default.removeItem(atPath: elsewhere.keySet)
        case "altered":
            let text = String(decoding: denylist, as: UTF8.self).replacing("bob", with: "eve")
            try AtomicFile.write(Array(text.utf8), to: elsewhere.denylist, mode: 0o644)
        case "cut": try AtomicFile.write(Array(denylist.dropLast(50)), to: elsewhere.denylist, mode: 0o644)
        case "another store":
            let foreign = try TestStore().read { try DenylistExport(.ndjson).make($0).bytes }
            try AtomicFile.write(foreign, to: elsewhere.denylist, mode: 0o644)
        case "older": try AtomicFile.write(older, to: elsewhere.denylist, mode: 0o644)
        case "list of ids": try elsewhere.carryOver(.txt, isPartial: true)
        case "secret in set":
            let secret =
                #"{"keys":[{"kty":"oct","kid":"s","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}"#
            try AtomicFile.write(Array(secret.utf8), to: elsewhere.keySet, mode: 0o644)
        case "no key set": try AtomicFile.write(Array("[]".utf8), to: elsewhere.keySet, mode: 0o644)
        case "one kid twice":
            let keys = try #require(try JSON(parsing: keySet)["keys"]?.arrayValue)
            let twice = JSON.object([.init("keys", .array(keys + keys))])
            try AtomicFile.write(twice.serialized, to: elsewhere.keySet, mode: 0o644)
        default: try AtomicFile.write(signedWithNewScope(test), to: elsewhere.denylist, mode: 0o644)
        }
        #expect(throws: Failure.self) { try elsewhere.open(trusting: what == "older" ? "another thumbprint" : nil) }
        elsewhere.pass(.seconds(30))
        verifier.look()
        #expect(verifier.verify(token).claims != nil)
        elsewhere.pass(.milliseconds(1))
        #expect(isUnavailable(verifier.verify(token)))
        try AtomicFile.write(keySet, to: elsewhere.keySet, mode: 0o644)
        try AtomicFile.write(denylist, to: elsewhere.denylist, mode: 0o644)
        verifier.look()
        #expect(verifier.verify(token).claims != nil)
    }

    /// Signed by the store itself, and with a rule that this program does not know.
    private func signedWithNewScope(_ test: TestStore) throws -> [UInt8] {
        try test.read { reader in
            let key = try reader.identityKey()
            let made = try DenylistExport(.ndjson).make(reader).bytes
            let end = try #require(made.dropLast().lastIndex(of: UInt8(ascii: "\n")))
            let content =
                made[...end] + Array(#"{"scope":"tenant","value":"x","issued_until":null,"matches_until":null}"#.utf8)
                + [UInt8(ascii: "\n")]
            let signature = try JWSSigner(algorithm: .edDSA, privateJWK: key.privateHalf).sign(
                detached: content, header: [.init("typ", .string(StatementKind.denylist.rawValue))])
            return content + Array("{\"signature\":\"\(signature)\"}\n".utf8)
        }
    }

    @Test func `a session is not known here: asked for one, it decides nothing`() async throws {
        let test = try TestStore()
        let token = try test.logInWithTokens().access?.text ?? ""
        let verifier = try Elsewhere(test).open()
        #expect(isUnavailable(await verifier.verify(token, askingForSession: true)))
        #expect(refusal(await verifier.verify("nonsense", askingForSession: true)) == .malformed)
    }

    @Test func `by itself it looks at the files again and again`() async throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let elsewhere = try Elsewhere(test)
        var options = Verifier.Options()
        options.clock = test.clock.clock
        options.maxStaleness = .milliseconds(5)
        options.failAfter = .seconds(3600)
        let verifier = try await Verifier.open(
            keySet: elsewhere.keySet, denylist: elsewhere.denylist,
            trusting: try test.read { try $0.identity().thumbprint }, issuer: "https://tokenctl.example",
            audience: "api", options: options)
        test.advance(.seconds(2))
        try test.run(UserLogout(["alice"], reason: nil))
        try elsewhere.carryOver()
        let end = ContinuousClock.now + .seconds(600)
        while verifier.verify(login.access?.text ?? "").claims != nil, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(refusal(verifier.verify(login.access?.text ?? "")) == .deniedUser)
        await verifier.close()
    }
}
