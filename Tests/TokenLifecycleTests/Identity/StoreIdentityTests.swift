import TokenCrypto
import TokenJOSE
import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct StoreIdentityTests {
    private func statement(_ test: TestStore, _ kind: StatementKind = .auditCheckpoint) throws -> String {
        try test.read { try $0.sign([.init("size", 3)], as: kind) }
    }

    private func read(
        _ text: String, as kind: StatementKind = .auditCheckpoint, trusting thumbprint: String
    ) -> Result<SignedStatement, SignedStatement.Refusal> {
        Result { () throws(SignedStatement.Refusal) in
            try SignedStatement(Array(text.utf8), as: kind, trusting: thumbprint)
        }
    }

    private func refusal(
        _ text: String, as kind: StatementKind = .auditCheckpoint, trusting thumbprint: String
    ) -> SignedStatement.Refusal? {
        if case .failure(let refusal) = read(text, as: kind, trusting: thumbprint) { refusal } else { nil }
    }

    @Test func `a statement says which store made it, when, and what was given`() throws {
        let test = try TestStore()
        let trusted = try test.read { try $0.identity().thumbprint }
        let statement = try read(statement(test) + "\n", trusting: trusted).get()
        let facts = try test.read(\.facts)
        #expect(statement.store == facts.storeID && statement.epoch == 1 && statement.payload["size"] == 3)
        #expect(try statement.at == test.read(\.now))
    }

    @Test func `only the trusted key speaks for a store`() throws {
        let (ours, other) = (try TestStore(), try TestStore())
        let trusted = try ours.read { try $0.identity().thumbprint }
        #expect(try refusal(statement(other), trusting: trusted) == .untrustedKey)
        #expect(try refusal(statement(ours), trusting: "") == .untrustedKey)
    }

    @Test func `a statement about one thing is none about another`() throws {
        let test = try TestStore()
        let trusted = try test.read { try $0.identity().thumbprint }
        for kind in StatementKind.allCases {
            for asked in StatementKind.allCases {
                let refusal = try refusal(statement(test, kind), as: asked, trusting: trusted)
                #expect(refusal == (kind == asked ? nil : .otherKind))
            }
        }
    }

    @Test func `no character of a statement can be changed`() throws {
        let test = try TestStore()
        let trusted = try test.read { try $0.identity().thumbprint }
        let text = Array(try statement(test).utf8)
        for place in text.indices {
            var changed = text
            changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let altered = String(decoding: changed, as: UTF8.self)
            #expect(refusal(altered, trusting: trusted) != nil, "at \(place)")
        }
        for text in ["", "x", "{}", "..", String(decoding: text.dropLast(20), as: UTF8.self)] {
            #expect(refusal(text, trusting: trusted) != nil)
        }
    }

    /// Signed by whoever holds another key, with the trusted public half beside it.
    @Test func `the public half alone signs nothing`() throws {
        let test = try TestStore()
        let identity = try test.read { try $0.identity() }
        let forger = try JWSSigner(algorithm: .edDSA, privateJWK: PrivateJWK.generate(for: .edDSA))
        let payload = JSON.object([
            .init("store", "s"), .init("epoch", 1), .init("at", .string(test.now.rfc3339)),
            .init("jwk", identity.jwk.json()),
        ])
        let header = JSON.object([.init("typ", .string(StatementKind.denylist.rawValue))])
        let forged = try forger.sign(protectedHeader: header, payload: payload.serialized)
        #expect(refusal(forged, as: .denylist, trusting: identity.thumbprint) == .badSignature)
    }

    @Test func `signing needs the master key, and survives its change`() throws {
        let test = try TestStore()
        let trusted = try test.read { try $0.identity().thumbprint }
        try test.run(KeyRewrap(newPath: nil, isProtected: false, reason: nil, preparing: test.store))
        #expect(try refusal(statement(test), trusting: trusted) == nil)
        let without = try Store.open(
            at: test.path, clock: test.clock.clock, masterKey: MasterKeySource(places: []))
        defer { try? without.close() }
        #expect(try failure { _ = try without.read { try $0.sign([], as: .denylist) } } == .notPermitted)
    }

    @Test func `an identity whose halves do not belong together signs nothing`() throws {
        let (test, other) = (try TestStore(), try TestStore())
        let foreign = try other.read { $0.facts.identity }
        try test.tamper("UPDATE store SET identity_jwk = \(foreign) WHERE id = 1")
        #expect(try failure { _ = try statement(test) } == .untrusted)
        try test.tamper("UPDATE store SET identity_jwk = 'x' WHERE id = 1")
        #expect(try failure { _ = try statement(test) } == .untrusted)
    }
}
