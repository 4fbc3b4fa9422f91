import Foundation
import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct BackupTests {
    private func verify(_ path: String, _ test: TestStore, key: Bool = true) throws -> Backup {
        try Backup(
            verifying: path, clock: test.clock.clock, masterKey: key ? test.masterKey : MasterKeySource(places: []))
    }

    @Test func `a backup is the store as it was, for its owner alone, with nothing beside it`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let path = test.folder + "/copy.db"
        let before = try FileManager.default.contentsOfDirectory(atPath: test.folder).count
        let made = try test.store.backUp(to: path)
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: "after"))
        #expect(Files.mode(of: path) == 0o600)
        let found = try verify(path, test)
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder).count == before + 1)
        #expect(found.storeID == made.storeID && found.auditEvents == 2 && found.auditHead == made.auditHead)
        #expect(found.opens == true && made.path == path)
        #expect(try verify(path, test, key: false).opens == nil)
        let copy = try Store.open(at: path, clock: test.clock.clock, masterKey: test.masterKey)
        defer { try? copy.close() }
        let state = try copy.read { try $0.session(named: login.session.id.text).state(at: $0.now) }
        #expect(state == .active, "as it was when the copy was made")
        #expect(try test.state(login) == .ended)
    }

    @Test func `writers go on while it is made, and it is one snapshot`() throws {
        let test = try TestStore()
        try test.tamper(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
            INSERT INTO user (subject, created_at) SELECT 'user with a rather long name, number ' || i, 1 FROM n
            """)
        let other = try test.reopened()
        defer { try? other.close() }
        let login = Login(user: "during", client: nil)
        var steps = 0
        let path = test.folder + "/copy.db"
        let made = try test.store.backUp(to: path) { pages, total in
            steps += 1
            #expect(pages <= total)
            _ = try other.logIn(login, as: test.actor)
        }
        #expect(steps > 3)
        #expect(try test.count("session") == steps)
        let copy = try Store.open(at: path, clock: test.clock.clock, masterKey: test.masterKey)
        defer { try? copy.close() }
        #expect(try copy.read { try $0.sql.value("SELECT count(*) FROM session", as: Int.self) } == 0)
        #expect(made.auditEvents == 2)
    }

    @Test func `what a killed backup left goes with the next, and never what is still being made`() throws {
        let test = try TestStore()
        let path = test.folder + "/copy.db"
        let left = path + ".0123456789abc.tmp"
        try Data("half a copy".utf8).write(to: URL(fileURLWithPath: left))
        let other = try test.reopened()
        defer { try? other.close() }
        var drafts: [String] = []
        #expect(throws: Failure.self) {
            try test.store.backUp(to: path) { _, _ in
                guard drafts.isEmpty else { return }
                _ = try other.backUp(to: path)
                drafts = try FileManager.default.contentsOfDirectory(atPath: test.folder).filter {
                    $0.hasSuffix(".tmp")
                }
            }
        }
        #expect(drafts.count == 1 && !drafts.contains("copy.db.0123456789abc.tmp"))
        let names = try FileManager.default.contentsOfDirectory(atPath: test.folder)
        #expect(!names.contains { $0.hasSuffix(".tmp") } && names.contains("copy.db"))
    }

    @Test func `nothing is overwritten, and nothing is left of one that failed`() throws {
        let test = try TestStore()
        let path = test.folder + "/copy.db"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.createSymbolicLink(
            atPath: test.folder + "/link.db", withDestinationPath: "elsewhere.db")
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: test.folder))
        for name in ["copy.db", "link.db", "no/such/folder.db"] {
            #expect(try failure { _ = try test.store.backUp(to: test.folder + "/" + name) } == .cannotCreate, "\(name)")
        }
        for path in [test.path, test.folder + "/master.key"] {
            #expect(try failure { _ = try test.store.backUp(to: path) } == .refused)
        }
        struct Stop: Error {}
        #expect(throws: Stop.self) { try test.store.backUp(to: test.folder + "/half.db") { _, _ in throw Stop() } }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: test.folder)) == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
    }

    @Test func `a damaged store gives no backup, and a damaged backup is none`() throws {
        let test = try TestStore()
        let path = test.folder + "/copy.db"
        _ = try test.store.backUp(to: path)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // The id of the identity's algorithm in every sealed key's header: a byte of a text, which no page notices.
        let place = try #require(bytes.range(of: Data("eyJhbGciOi".utf8)))
        bytes[place.lowerBound + 40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try failure { _ = try verify(path, test) } == .untrusted)
        try Data(bytes.prefix(bytes.count / 2)).write(to: URL(fileURLWithPath: path))
        #expect(try failure { _ = try verify(path, test) } == .untrusted)
        try Data("no database".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try failure { _ = try verify(path, test) } == .malformed)
        try test.tamper("UPDATE audit_event SET uid = 0 WHERE seq = 1")
        #expect(try failure { _ = try test.store.backUp(to: test.folder + "/other.db") } == .untrusted)
        #expect(!Files.exists(test.folder + "/other.db"))
    }
}
