import Foundation
import Synchronization
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct PassphraseTests {
    /// Answers what it was told to, and counts how often it was asked.
    private final class Person: Sendable {
        let answers: Mutex<[String]>
        let asked = Mutex<[PassphraseSource.Purpose]>([])

        init(_ answers: String...) { self.answers = Mutex(answers) }

        var source: PassphraseSource {
            PassphraseSource { _, purpose throws(Failure) in
                self.asked.withLock { $0.append(purpose) }
                let answer = self.answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
                guard let answer else { throw Failure(.notPermitted, "nobody is there") }
                return Passphrase(Array(answer.utf8))
            }
        }
    }

    private let right = "five random words will do"

    /// A store whose master key is protected, and where to look for it.
    private func protected(_ person: Person) throws -> (test: TestStore, store: Store, source: MasterKeySource) {
        let test = try TestStore(nil)
        let source = MasterKeySource(
            places: [.init(path: test.folder + "/protected.key", isNamed: true)], passphrases: person.source)
        #expect(try source.createIfMissing(isProtected: true) != nil)
        let store = try StoreCreation().run(
            at: test.folder + "/p.db", clock: test.clock.clock, masterKey: source, actor: test.actor)
        return (test, store, source)
    }

    @Test func `it is asked for once a process, and never inside a transaction`() throws {
        let person = Person(right)
        let (test, store, source) = try protected(person)
        try store.close()
        #expect(person.asked.withLock { $0 } == [.protecting, .opening])

        let asking = Mutex<Store?>(nil)
        var free = source
        free.passphrases = PassphraseSource { _, _ throws(Failure) in
            // Another process writes meanwhile: nothing is locked while a person thinks.
            let other = try? Store.open(at: test.folder + "/p.db", clock: test.clock.clock, masterKey: source)
            #expect(throws: Never.self) { try other?.logIn(Login(user: "bob"), as: test.actor) }
            try? other?.close()
            return Passphrase(Array(self.right.utf8))
        }
        let again = try Store.open(at: test.folder + "/p.db", clock: test.clock.clock, masterKey: free)
        asking.withLock { $0 = again }
        for _ in 0..<3 { _ = try again.issue(.init(user: "a"), as: test.actor) }
        _ = try again.run(KeyGeneration(.es256, kid: nil, reason: nil), as: test.actor)
        try again.close()
    }

    @Test func `what needs no private key does not ask`() throws {
        let person = Person(right)
        let (test, store, source) = try protected(person)
        let login = try store.logIn(Login(user: "a"), as: test.actor)
        try store.close()
        let before = person.asked.withLock { $0.count }
        let again = try Store.open(at: test.folder + "/p.db", clock: test.clock.clock, masterKey: source)
        _ = try again.read { try $0.keySet() }
        try again.run(SessionRevocation(.ids([login.session.id.text]), reason: nil), as: test.actor)
        _ = try Cleanup(.init()).run(again, as: test.actor)
        try again.close()
        #expect(person.asked.withLock { $0.count } == before)
    }

    @Test func `a wrong one opens nothing, and nobody to ask is not permitted`() throws {
        let (test, store, source) = try protected(Person(right))
        try store.close()
        for person in [Person("not this one, though"), Person(), Person("")] {
            var other = source
            other.passphrases = person.source
            let again = try Store.open(at: test.folder + "/p.db", clock: test.clock.clock, masterKey: other)
            #expect(try failure { _ = try again.issue(.init(user: "a"), as: test.actor) } == .notPermitted)
            try again.close()
        }
    }

    @Test func `the file is a JWE that other tools open, and holds no key in the clear`() throws {
        let (test, store, source) = try protected(Person(right))
        defer { withExtendedLifetime(test) {} }
        let content = try InputFile.read(source.places[0].path, limit: 8192).trimmingNewline
        let header = try JSON(parsing: Base64URL.decode(Array(content.prefix { $0 != UInt8(ascii: ".") })))
        #expect(header["alg"] == "PBES2-HS512+A256KW" && header["enc"] == "A256GCM")
        #expect(header["p2c"]?.integerValue == 210_000)
        let mode = try FileManager.default.attributesOfItem(atPath: source.places[0].path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try store.close()
    }

    @Test func `a short one is refused, and one where there is a key already`() throws {
        let test = try TestStore(nil)
        let path = test.folder + "/short.key"
        let short = MasterKeySource(places: [.init(path: path, isNamed: true)], passphrases: Person("short").source)
        #expect(try failure { _ = try short.createIfMissing(isProtected: true) } == .usage)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try failure { _ = try test.masterKey.createIfMissing(isProtected: true) } == .refused)
    }

    @Test func `rewrapping keeps a protected key protected, and can protect an open one`() throws {
        let person = Person(right, right, right, "another five random words")
        let (test, store, source) = try protected(person)
        try store.run(KeyRewrap(newPath: nil, isProtected: false, reason: nil, preparing: store), as: test.actor)
        _ = try store.issue(.init(user: "a"), as: test.actor)
        try store.close()
        #expect(person.asked.withLock { $0 }.last == .protecting)
        #expect(try MasterKeyFile(at: source.places[0].path)?.protected != nil)
        let again = try Store.open(at: test.folder + "/p.db", clock: test.clock.clock, masterKey: source)
        _ = try again.issue(.init(user: "a"), as: test.actor)
        try again.close()

        let open = try TestStore()
        var asked = open.masterKey
        asked.passphrases = Person(right).source
        let opened = try Store.open(at: open.path, clock: open.clock.clock, masterKey: asked)
        try opened.run(KeyRewrap(newPath: nil, isProtected: true, reason: nil, preparing: opened), as: open.actor)
        try opened.close()
        #expect(try MasterKeyFile(at: open.folder + "/master.key")?.protected != nil)
    }
}
