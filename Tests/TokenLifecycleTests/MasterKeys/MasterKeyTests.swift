import Foundation
import Synchronization
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct MasterKeyTests {
    private func source(_ path: String, named: Bool = true) -> MasterKeySource {
        MasterKeySource(places: [.init(path: path, isNamed: named)])
    }

    @Test func `a key made is a JWK that nobody else may read`() throws {
        let test = try TestStore(nil)
        let path = test.folder + "/new/folder/key"
        #expect(try source(path, named: false).createIfMissing() == path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let json = try JSON(parsing: InputFile.read(path, limit: 4096).trimmingNewline)
        #expect(json["kty"]?.stringValue == "oct")
        #expect(try Base64URL.decode(Array((json["k"]?.stringValue ?? "").utf8)).count == 32)
        #expect(json["kid"]?.stringValue == (try source(path).load().id))
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder + "/new/folder") == ["key"])
    }

    @Test func `a key that is there is never replaced`() throws {
        let test = try TestStore(nil)
        let before = try Data(contentsOf: URL(fileURLWithPath: test.folder + "/master.key"))
        #expect(try test.masterKey.createIfMissing() == nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: test.folder + "/master.key")) == before)
    }

    @Test func `of many that make it at once one does, and its key is whole`() throws {
        let test = try TestStore(nil)
        let path = test.folder + "/raced.key"
        let made = Mutex<[Result<String?, any Error>]>([])
        let source = source(path)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            let result = Result { try source.createIfMissing() }
            made.withLock { $0.append(result) }
        }
        let paths = try made.withLock { try $0.map { try $0.get() } }
        #expect(paths.count { $0 != nil } == 1)
        _ = try source.load()
        let left = try FileManager.default.contentsOfDirectory(atPath: test.folder).filter { $0.hasPrefix("raced") }
        #expect(left == ["raced.key"])
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o601])
    func `a key that others may read is refused`(_ mode: Int) throws {
        let test = try TestStore(nil)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: test.folder + "/master.key")
        #expect(try failure { _ = try test.masterKey.load() } == .notPermitted)
    }

    @Test(arguments: [
        "", "hello", "{}", #"{"kty":"oct"}"#, #"{"kty":"oct","k":"c2hvcnQ"}"#, #"{"kty":"RSA","k":"x"}"#,
        #"{"kty":"oct","k":"AAAA","k":"AAAA"}"#,
    ])
    func `a file that is no master key is malformed`(_ content: String) throws {
        let test = try TestStore(nil)
        try AtomicFile.write(Array(content.utf8), to: test.folder + "/bad.key", mode: 0o600)
        #expect(try failure { _ = try source(test.folder + "/bad.key").load() } == .malformed)
    }

    @Test func `a named key must be there, an unnamed one may be elsewhere`() throws {
        let test = try TestStore(nil)
        let key = MasterKeySource.Place(path: test.folder + "/master.key", isNamed: false)
        #expect(try failure { _ = try source(test.folder + "/none").load() } == .notPermitted)
        let search = MasterKeySource(places: [.init(path: test.folder + "/none", isNamed: false), key])
        #expect(try search.load().id == (try test.masterKey.load().id))
        #expect(try failure { _ = try MasterKeySource(places: []).load() } == .notPermitted)
        #expect(try failure { _ = try source(test.folder).load() } == .malformed)
    }

    @Test func `another master key is not permitted, and what needs none works without`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let other = test.folder + "/other.key"
        _ = try source(other).createIfMissing()
        for wrong in [source(other), source(test.folder + "/none")] {
            let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: wrong)
            let token = Array((login.refreshToken ?? "").utf8)
            #expect(
                try failure { _ = try store.refresh(RefreshRequest(token: token), as: test.actor) } == .notPermitted)
            #expect(try failure { _ = try store.issue(.init(user: "a"), as: test.actor) } == .notPermitted)
            #expect(
                try failure { try store.run(KeyGeneration(.es256, kid: nil, reason: nil), as: test.actor) }
                    == .notPermitted)

            #expect(try store.read { try $0.verify(Array((login.access?.text ?? "").utf8)).verdict } == .active)
            _ = try store.logIn(Login(user: "bob"), as: test.actor)
            try store.run(DenylistAddition(.user("carol"), reason: nil), as: test.actor)
            _ = try Cleanup(.init()).run(store, as: test.actor)
            try store.close()
        }
        #expect(try test.family(login).generation == 1)
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: source(other))
        try store.run(SessionRevocation(.ids([login.session.id.text]), reason: nil), as: test.actor)
        try store.close()
        #expect(try test.state(login) == .ended)
    }

    @Test func `without the master key a secret's tokens cannot be decided`() throws {
        let test = try TestStore(.hs256)
        let token = Array((try test.logInWithTokens().access?.text ?? "").utf8)
        let store = try Store.open(at: test.path, clock: test.clock.clock, masterKey: source(test.folder + "/none"))
        #expect(try failure { _ = try store.read { try $0.verify(token) } } == .notPermitted)
        try store.close()
        #expect(try test.read { try $0.verify(token).verdict } == .active)
    }
}
