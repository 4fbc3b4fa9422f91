import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyRewrapTests {
    /// Opens everything that is sealed, with the master key that this source finds; the number of keys.
    private func openAll(_ test: TestStore, with source: MasterKeySource? = nil) throws -> Int {
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: source ?? test.masterKey)
        defer { try? store.close() }
        return try store.read { reader in
            let keys = try reader.allKeys().filter(\.hasPrivateHalf)
            for key in keys { _ = try reader.keyring.privateJWK(of: key, reader.facts) }
            let sealed: String = try reader.sql.value("SELECT identity_sealed FROM store") ?? ""
            _ = try reader.keyring.masterKey(id: reader.facts.masterKeyID)
                .open(sealed, context: SealContext.identity(reader.facts.storeID))
            return keys.count
        }
    }

    private func rewrap(_ test: TestStore, to path: String? = nil) throws -> KeyRewrap {
        try KeyRewrap(newPath: path, isProtected: false, reason: nil, preparing: test.store)
    }

    private func masterKeyFiles(_ test: TestStore) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: test.folder).filter { $0.hasPrefix("master.key") }.sorted()
    }

    @Test func `every private key is under the new one, and the old one is kept under its id`() throws {
        let test = try TestStore()
        try ForeignApp(.hs256).importKey(into: test, until: test.now + .days(30))
        let login = try test.logInWithTokens()
        let old = try test.masterKey.load().id
        let before = try test.read { try $0.allKeys().compactMap(\.sealed) }
        let report = try test.run(rewrap(test))
        let new = try test.masterKey.load().id
        #expect(new != old && report.changed == 3)
        #expect(try test.read { $0.facts.masterKeyID } == new)
        #expect(try test.read { try $0.allKeys().compactMap(\.sealed) }.allSatisfy { !before.contains($0) })
        #expect(try openAll(test) == 3)
        #expect(try masterKeyFiles(test) == ["master.key", "master.key.\(new)", "master.key.\(old)"].sorted())
        for file in try masterKeyFiles(test) {
            let mode =
                try FileManager.default.attributesOfItem(atPath: test.folder + "/" + file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(try test.verify(test.refresh(login.refreshToken).pair.access.text) == .active)
        #expect(try test.verify(login.access?.text) == .active)
    }

    @Test func `killed before its commit all is under the old key`() throws {
        let test = try TestStore()
        let act = try rewrap(test)
        struct Killed: Error {}
        #expect(throws: Killed.self) {
            try test.store.write(as: test.actor) { writer in
                _ = try act.apply(try act.decide(writer), writer)
                throw Killed()
            }
        }
        #expect(try masterKeyFiles(test).count == 2, "the new key was written before")
        #expect(try openAll(test) == 2)
        try test.run(rewrap(test))
        #expect(try openAll(test) == 2)
    }

    @Test func `killed after its commit all is under the new key, and the next rewrap goes on from there`() throws {
        let test = try TestStore()
        let act = try rewrap(test)
        let old = try test.masterKey.load().id
        try test.store.write(as: test.actor) { _ = try act.apply(try act.decide($0), $0) }
        #expect(try test.masterKey.load().id == old, "the file has not been replaced yet")
        #expect(try test.read { $0.facts.masterKeyID } != old)
        #expect(try openAll(test) == 2)
        let reopened = try test.reopened()
        _ = try reopened.issue(.init(user: "a"), as: test.actor)
        try reopened.close()
        try test.run(rewrap(test))
        #expect(try test.masterKey.load().id == (try test.read { $0.facts.masterKeyID }))
        #expect(try openAll(test) == 2)
        #expect(try masterKeyFiles(test).contains("master.key.\(old)"))
    }

    @Test func `of two at once one is told, and nothing is lost`() throws {
        let test = try TestStore()
        let (one, other) = (try rewrap(test), try rewrap(test))
        try test.run(one)
        #expect(try failure { try test.run(other) } == .busy)
        #expect(try openAll(test) == 2)
    }

    @Test func `a store that shares the master key still finds it`() throws {
        let test = try TestStore()
        var creation = StoreCreation()
        creation.algorithm = .edDSA
        let other = try creation.run(
            at: test.folder + "/other.db", clock: test.clock.clock, masterKey: test.masterKey, actor: test.actor)
        try other.close()
        try test.run(rewrap(test))
        let again = try Store.open(
            at: test.folder + "/other.db", clock: test.clock.clock, masterKey: test.masterKey)
        _ = try again.issue(.init(user: "a"), as: test.actor)
        try again.run(
            KeyRewrap(newPath: nil, isProtected: false, reason: nil, preparing: again), as: test.actor)
        _ = try again.issue(.init(user: "a"), as: test.actor)
        try again.close()
        #expect(try openAll(test) == 2)
    }

    @Test func `under a key of the operator's choice nothing else moves`() throws {
        let test = try TestStore()
        let path = test.folder + "/chosen"
        #expect(try failure { _ = try rewrap(test, to: path) } == .absent)
        let source = MasterKeySource(places: [.init(path: path, isNamed: true)])
        _ = try source.createIfMissing()
        let old = try test.masterKey.load().id
        try test.run(rewrap(test, to: path))
        #expect(try test.masterKey.load().id == old)
        #expect(try openAll(test, with: source) == 2)
        #expect(try failure { _ = try openAll(test) } == .notPermitted)
        #expect(try test.run(rewrapNamed(test, source, path)).unchanged == 1)
    }

    private func rewrapNamed(_ test: TestStore, _ source: MasterKeySource, _ path: String) throws -> KeyRewrap {
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: source)
        defer { try? store.close() }
        return try KeyRewrap(newPath: path, isProtected: false, reason: nil, preparing: store)
    }

    @Test func `one key that does not open stops it before anything changed`() throws {
        let test = try TestStore()
        let kid = try #require(try test.standbys.first)
        let before = try test.read { ($0.facts.masterKeyID, try $0.allKeys().map(\.sealed)) }
        let signer = try #require(try test.signer)
        try test.tamper(
            "UPDATE signing_key SET sealed = (SELECT sealed FROM signing_key WHERE kid = \(signer)) WHERE kid = \(kid)")
        #expect(try failure { try test.run(rewrap(test)) } == .untrusted)
        #expect(try test.read { $0.facts.masterKeyID } == before.0)
        #expect(try masterKeyFiles(test) == ["master.key"])
        _ = try test.store.issue(.init(user: "a"), as: test.actor)
    }

    @Test func `without the old key there is no way`() throws {
        let test = try TestStore()
        let other = test.folder + "/other.key"
        let source = MasterKeySource(places: [.init(path: other, isNamed: true)])
        _ = try source.createIfMissing()
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: source)
        defer { try? store.close() }
        #expect(
            try failure { _ = try KeyRewrap(newPath: nil, isProtected: false, reason: nil, preparing: store) }
                == .notPermitted)
    }
}
