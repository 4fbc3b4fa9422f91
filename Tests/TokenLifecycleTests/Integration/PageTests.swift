import Foundation
import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// docs/integration.md, in Swift: its code is `Gate.swift` beside this file, which is compiled and driven here.
@Suite struct `docs/integration.md` {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    @Test func `shows the programs that are tested`() throws {
        let page = try String(
            contentsOf: Self.here.appending(path: "../../../docs/integration.md").standardized, encoding: .utf8)
        let blocks = page.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let programs = try ["Gate.swift", "RemoteGate.swift"].map {
            try String(contentsOf: Self.here.appending(path: $0), encoding: .utf8)
        }
        #expect(blocks == programs)
    }

    private func gate(_ test: TestStore) async throws -> Gate {
        var options = TokenStore.Options()
        options.clock = test.clock.clock
        return try await Gate(database: test.path, masterKeyFile: test.folder + "/master.key", options: options)
    }

    @Test func `lets a good token pass, and no other`() async throws {
        let test = try TestStore()
        let gate = try await gate(test)
        let login = try test.logInWithTokens("alice", client: "web")
        let token = try #require(login.access).text
        func subject(_ token: String) async throws -> String? {
            try await gate.subject(ofAuthorization: "Bearer " + token)
        }
        #expect(try await subject(token) == "alice")
        #expect(try await gate.subject(ofAuthorization: "bearer \(token)") == "alice")
        for header in ["", token, "Basic \(token)", "Bearer", "Bearer "] {
            #expect(try await gate.subject(ofAuthorization: header) == nil)
        }
        let second = test.now.seconds
        for bad in [
            try test.sign(test.claims([.init("exp", .integer(second))])),
            try test.sign(test.claims([.init("aud", "billing")])),
            try test.sign(test.claims(), header: [.init("typ", "JWT")]),
            String(token.dropLast(12)) + String(repeating: "A", count: 12), "hello",
            try TestStore().logInWithTokens().access?.text ?? "",
        ] {
            #expect(try await subject(bad) == nil)
        }
        #expect(try await gate.user(ofCookie: "a=b; \(SessionCookie.name)=\(login.sessionToken)") == "alice")
        #expect(try await gate.user(ofCookie: "\(SessionCookie.name)=nonsense") == nil)
        #expect(try await gate.user(ofCookie: "") == nil)
    }

    @Test(arguments: DenyScope.allCases)
    func `refuses what is denied, in every scope`(_ scope: DenyScope) async throws {
        let test = try TestStore()
        let gate = try await gate(test)
        let login = try test.logInWithTokens("alice", client: "web")
        let token = try #require(login.access)
        let other = try test.logInWithTokens("bob", client: "ios")
        if scope == .key {
            test.waitUntilKeysAreKnown()
            try test.rotate()
        }
        func passes(_ login: LoggedIn) async throws -> Bool {
            try await gate.subject(ofAuthorization: "Bearer " + (login.access?.text ?? "")) != nil
        }
        #expect(try await passes(login))
        let subject: DenylistAddition.Subject =
            switch scope {
            case .token: .tokenIDs([token.id])
            case .session: .session(login.session.id.text)
            case .user: .user("alice")
            case .client: .client("web")
            case .key: .key(token.kid)
            case .everyone: .everyone
            }
        try test.run(DenylistAddition(subject, reason: nil))
        #expect(try await !passes(login))
        #expect(try await passes(other) == [.token, .session, .user, .client].contains(scope))
    }

    @Test func `refuses what a floor ended, tokens and cookies`() async throws {
        let test = try TestStore()
        let gate = try await gate(test)
        let login = try test.logInWithTokens("alice", client: "web")
        try test.run(FloorLogout(.everyone, reason: nil))
        #expect(try await gate.subject(ofAuthorization: "Bearer " + (login.access?.text ?? "")) == nil)
        #expect(try await gate.user(ofCookie: "\(SessionCookie.name)=\(login.sessionToken)") == nil)
    }

    @Test func `on another machine passes what is good, and nothing where it cannot know`() async throws {
        let test = try TestStore()
        let alice = try test.logInWithTokens("alice").access?.text ?? ""
        let bob = try test.logInWithTokens("bob").access?.text ?? ""
        try test.run(DenylistAddition(.user("bob"), reason: nil))
        let (keys, snapshot, thumbprint) = try test.read {
            (try $0.keySet().bytes, try DenylistExport(.ndjson).make($0).bytes, try $0.identity().thumbprint)
        }
        try AtomicFile.write(keys, to: test.keySetPath, mode: 0o644)
        try AtomicFile.write(snapshot, to: test.folder + "/denylist.ndjson", mode: 0o644)
        var options = Verifier.Options()
        options.clock = test.clock.clock
        // A machine too busy to look again for half a minute is not what is tried here.
        options.elapsed = { .zero }
        let issuer = try test.read { try $0.policies.issuer }
        let gate = try await RemoteGate(
            folder: test.folder, thumbprint: thumbprint, issuer: issuer, options: options)
        #expect(try gate.subject(of: alice) == "alice")
        #expect(try gate.subject(of: bob) == nil && gate.subject(of: "hello") == nil)
        test.advance(.minutes(10))
        #expect(throws: RemoteGate.Unavailable.self) { try gate.subject(of: alice) }
        await #expect(throws: Failure.self) {
            try await RemoteGate(folder: test.folder, thumbprint: "another", issuer: issuer, options: options)
        }
    }
}
