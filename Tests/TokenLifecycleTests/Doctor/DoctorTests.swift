import Foundation
import Glibc
import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct DoctorTests {
    /// Nothing about it is worth a word.
    private func healthyStore() throws -> TestStore {
        let test = try TestStore()
        try test.set("token.issuer", "https://login.example.org")
        return test
    }

    private func finding(
        _ check: String, _ test: TestStore, _ depth: HealthCheck.Depth = .thorough
    ) throws -> Finding? {
        try test.store.diagnose(depth).findings.first { $0.check == check }
    }

    @Test func `a healthy store passes every check`() throws {
        let test = try healthyStore()
        _ = try test.logInWithTokens()
        let diagnosis = try test.store.diagnose(.deep)
        #expect(diagnosis.findings.filter { $0.answer > .ok }.map(\.line) == [])
        #expect(diagnosis.isHealthy && !diagnosis.isUntrusted)
        #expect(Set(diagnosis.findings.map(\.check)) == Set(HealthCheck.all.map(\.name)))
        #expect(try test.store.firstFinding() == nil)
        #expect(try test.store.status().warnings == [])
    }

    @Test func `each check has a name of its own, and each depth looks at what the one before does`() throws {
        let test = try healthyStore()
        #expect(Set(HealthCheck.all.map(\.name)).count == HealthCheck.all.count)
        let looked = try [.instant, .thorough, .deep].map { try test.store.diagnose($0).findings.map(\.check) }
        #expect(Set(looked[0]).isStrictSubset(of: looked[1]) && Set(looked[1]).isStrictSubset(of: looked[2]))
    }

    /// A way to fall ill, and what is said of it.
    struct Illness: Sendable, CustomTestStringConvertible {
        var check: String
        var answer: Finding.Answer
        var depth: HealthCheck.Depth = .instant
        var isUntrusted = false
        var cause: @Sendable (TestStore) throws -> Void
        var testDescription: String { "\(check) \(answer)" }

        init(
            _ check: String, _ answer: Finding.Answer, _ depth: HealthCheck.Depth = .instant, untrusted: Bool = false,
            _ cause: @escaping @Sendable (TestStore) throws -> Void
        ) {
            self.check = check
            self.answer = answer
            self.depth = depth
            isUntrusted = untrusted
            self.cause = cause
        }
    }

    private static func chmod(_ path: String, _ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// As a maker leaves it that was killed `age` seconds ago.
    private static func draft(_ path: String, isFolder: Bool = false, age: Double = 61) throws {
        let isMade = isFolder ? mkdir(path, 0o700) == 0 : FileManager.default.createFile(atPath: path, contents: nil)
        try #require(isMade)
        try Self.age(path, by: age)
    }

    private static func age(_ path: String, by seconds: Double = 61) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: path)
    }

    @Test func `a draft is told of once nobody is at it`() throws {
        let test = try healthyStore()
        let draft = test.folder + "/copy.db.0123456789abc.tmp"
        try Self.draft(test.path + ".new", isFolder: true, age: 50)
        try Self.draft(draft, age: 50)
        try Self.draft(test.folder + "/copy.db.0123456789.tmp")
        try FileManager.default.createSymbolicLink(
            atPath: test.folder + "/link.0123456789abc.tmp", withDestinationPath: test.path)
        #expect(try finding("drafts", test)?.answer == .ok, "too young, or none of ours")
        try Self.age(draft)
        let maker = open(draft, O_RDONLY | O_CLOEXEC)
        #expect(flock(maker, LOCK_EX | LOCK_NB) == 0)
        #expect(try finding("drafts", test)?.answer == .ok, "it is being written")
        close(maker)
        try Self.age(test.path + ".new")
        let found = try #require(try finding("drafts", test))
        #expect(found.text == "a program that was killed left \(test.path).new and 1 other draft")
        try FileManager.default.removeItem(atPath: test.path + ".new")
        #expect(try finding("drafts", test)?.text == "a program that was killed left \(draft)")
    }

    static let illnesses: [Illness] = [
        Illness("file_permissions", .critical) { try chmod($0.path, 0o604) },
        Illness("file_permissions", .critical) { try chmod($0.path + "-wal", 0o666) },
        Illness("file_permissions", .warning) { try chmod($0.path, 0o640) },
        Illness("directory_permissions", .critical) { try chmod($0.folder, 0o777) },
        Illness("directory_permissions", .warning) { try chmod($0.folder, 0o1777) },
        Illness("directory_permissions", .warning) { try chmod($0.folder, 0o775) },
        Illness("master_key", .critical) { try chmod($0.folder + "/master.key", 0o640) },
        Illness("drafts", .warning) { try draft($0.path + ".new", isFolder: true) },
        Illness("drafts", .warning) { try draft($0.folder + "/master.key.0123456789abc.tmp") },
        Illness("drafts", .warning) { try draft($0.folder + "/backup.db.0123456789abc.tmp") },
        Illness("signing_key", .critical) { try $0.tamper("UPDATE signing_schedule SET voided_at = 1") },
        Illness("signing_key", .critical) {
            let kid = try #require(try $0.signer)
            try $0.tamper("UPDATE signing_key SET sealed = NULL WHERE kid = \(kid)")
        },
        Illness("standby_key", .warning) {
            try $0.tamper("UPDATE signing_key SET removed_at = 1, sealed = NULL WHERE id = 2")
        },
        Illness("standby_key", .warning) {
            try $0.tamper("UPDATE signing_key SET published_at = NULL, known_at = NULL WHERE id = 2")
        },
        Illness("standby_key", .warning) {
            // Known only after rotation is due.
            try $0.tamper("UPDATE signing_key SET known_at = known_at + 86400000 * 100 WHERE id = 2")
        },
        Illness("key_rotation", .warning) { $0.advance(.days(91)) },
        Illness("private_halves", .critical, untrusted: true) {
            try $0.tamper("UPDATE signing_key SET revoked_at = 1 WHERE id = 2")
        },
        Illness("private_halves", .critical, untrusted: true) {
            try $0.tamper("UPDATE signing_key SET overwritten_at = 1, destroyed_at = 1 WHERE id = 2")
        },
        Illness("private_halves", .warning) {
            $0.waitUntilKeysAreKnown()
            try $0.rotate()
            $0.advance(.hours(2))
        },
        Illness("key_set_published", .warning) {
            try $0.tamper("UPDATE signing_key SET published_at = NULL WHERE id = 2")
        },
        Illness("key_set_published", .warning) { try $0.tamper("DELETE FROM publication") },
        Illness("key_set_file", .critical) { try FileManager.default.removeItem(atPath: $0.keySetPath) },
        Illness("key_set_file", .warning) {
            try Data("{}".utf8).write(to: URL(fileURLWithPath: $0.keySetPath))
        },
        Illness("key_set_file", .warning) { try chmod($0.keySetPath, 0o600) },
        Illness("key_set_file", .critical) { try chmod($0.keySetPath, 0o666) },
        Illness("key_set_file", .warning) { try chmod($0.keySetPath, 0o664) },
        Illness("key_set_file", .critical) { test in
            let folder = test.folder + "/served"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try test.set("jwks.file", folder + "/jwks.json")
            try test.run(KeyPublication())
            #expect(try test.store.diagnose(.instant).isHealthy, "root's or our own")
            try chmod(folder, 0o777)
        },
        Illness("key_set_file", .warning) { try $0.set("jwks.file", "none") },
        Illness("key_set_file", .critical) {
            try $0.tamper("UPDATE signing_key SET revoked_at = 1, sealed = NULL WHERE id = 2")
        },
        Illness("windows", .warning) { try $0.set("refresh.idle", "60d") },
        Illness("windows", .warning) { try $0.set("key.rotation", "10m") },
        Illness("issuer", .warning) { try $0.set("token.issuer", "https://tokenctl.example") },
        Illness("clock", .critical) { $0.advance(.minutes(-2)) },
        Illness("clock", .warning) { $0.advance(.days(31)) },
        Illness("audit_tail", .critical) { try $0.tamper("UPDATE audit_event SET uid = 0 WHERE seq = 3") },
        Illness("audit_tail", .critical) { try $0.tamper("UPDATE audit_event SET counts = 'x' WHERE seq = 1") },
        Illness("audit_chain", .critical, .deep) { test in
            for user in 0..<30 { try test.run(DenylistAddition(.user("u\(user)"), reason: nil)) }
            try test.tamper("UPDATE audit_event SET uid = 0 WHERE seq = 3")
            #expect(try test.store.diagnose(.thorough).isHealthy)
        },
        Illness("sealed_keys", .critical, .deep, untrusted: true) {
            try $0.tamper("UPDATE signing_key SET sealed = (SELECT sealed FROM signing_key WHERE id = 1) WHERE id = 2")
        },
        Illness("sealed_keys", .critical, .deep, untrusted: true) {
            try $0.tamper("UPDATE store SET identity_jwk = (SELECT public_jwk FROM signing_key WHERE id = 1)")
        },
        Illness("sealed_keys", .unknown, .deep) {
            try FileManager.default.removeItem(atPath: $0.folder + "/master.key")
        },
        Illness("cleanup", .warning) {
            try $0.logIn()
            $0.advance(.days(40))
        },
        Illness("cleanup_backlog", .warning, .thorough) {
            try $0.logIn()
            $0.advance(.days(40))
        },
        Illness("denylist", .warning, .thorough) { test in
            try test.tamper(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
                INSERT INTO deny_rule (scope, value, matches_until, created_at, changed_at, actor)
                SELECT 'token', i, 1, 1, 1, 'x' FROM n
                """)
        },
    ]

    @Test(arguments: illnesses)
    func `what is wrong is found, as grave as it is`(illness: Illness) throws {
        let test = try healthyStore()
        try illness.cause(test)
        // Opened anew: what is cached must not speak for what is stored.
        let store = try test.reopened()
        defer { try? store.close() }
        let found = try #require(try store.diagnose(illness.depth).findings.first { $0.check == illness.check })
        #expect(found.answer == illness.answer, "\(found.line)")
        #expect(found.isUntrusted == illness.isUntrusted)
        #expect(found.answer == .unknown || found.hint != nil, "says what to do")
        #expect(!found.text.contains("\n") && !found.text.hasSuffix("."))
        guard illness.depth == .instant else { return }
        let first = try #require(try store.firstFinding())
        #expect(first.answer >= found.answer, "the gravest comes first")
        #expect(try store.status().warnings.contains(found.line))
    }

    @Test func `an overdue cleanup is forgotten once it has run`() throws {
        let test = try healthyStore()
        try test.logIn()
        test.advance(.days(29))
        #expect(try finding("cleanup", test)?.answer == .ok, "nothing is past its retention")
        test.advance(.days(11))
        #expect(try finding("cleanup", test)?.answer == .warning)
        try test.cleanUp { $0.acceptsClock = true }
        #expect(try finding("cleanup", test)?.answer == .ok)
        #expect(try finding("cleanup_backlog", test)?.answer == .ok)
    }

    @Test(
        arguments: [
            (500 << 30, 1000 << 30, .ok), (2 << 30, 1000 << 30, .ok), (1023 << 20, 1000 << 30, .warning),
            (127 << 20, 1000 << 30, .critical), (100 << 20, 1 << 30, .ok), (50 << 20, 1 << 30, .warning),
            (10 << 20, 1 << 30, .critical), (0, 1 << 30, .critical),
        ] as [(Int, Int, Finding.Answer)])
    func `a full disk is announced in time`(free: Int, total: Int, answer: Finding.Answer) {
        #expect(HealthCheck.diskSpace(free: free, total: total).answer == answer)
    }

    /// f_type of ext4, tmpfs, NFS, CIFS and FUSE (statfs(2)).
    @Test(
        arguments: [
            (0xEF53, .ok), (0x0102_1994, .ok), (0x6969, .critical), (0xFF53_4D42, .critical), (0x6573_5546, .unknown),
        ] as [(UInt32, Finding.Answer)])
    func `a network is told of, and what may be one as that`(kind: UInt32, answer: Finding.Answer) {
        let found = HealthCheck.fileSystem(FileSystem.reach(ofKind: kind), of: "/srv")
        #expect(found.answer == answer && (answer == .ok || found.hint != nil))
        #expect(answer != .unknown || found.text.contains("may be on a network"))
    }

    @Test func `bytes read as people say them`() {
        #expect(
            [0, 1023, 1024, 9000, 10 << 10, 64 << 20, 5 << 30].map(\.binaryText) == [
                "0 bytes", "1,023 bytes", "1 KiB", "9,000 bytes", "10 KiB", "64 MiB", "5 GiB",
            ])
    }

    @Test func `a schema that was altered is not opened, and what was altered is said`() throws {
        let test = try healthyStore()
        try test.tamper("CREATE TRIGGER spy AFTER INSERT ON session BEGIN DELETE FROM audit_event; END")
        try test.tamper("DROP INDEX session_by_client")
        let failure = try #require(throws: Failure.self) { _ = try test.reopened() }
        let diagnosis = Diagnosis(ofUnopened: failure, at: test.path, masterKey: test.masterKey)
        #expect(failure.kind == .untrusted && diagnosis.isUntrusted && diagnosis.worst == .critical)
        let schema = try #require(diagnosis.findings.first { $0.check == "schema" })
        #expect(schema.text == "index session_by_client is missing, trigger spy is not ours")
        #expect(diagnosis.findings.contains { $0.check == "file_permissions" && $0.answer == .ok })
    }
}
