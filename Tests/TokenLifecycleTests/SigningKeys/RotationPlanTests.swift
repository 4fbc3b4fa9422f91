import Foundation
import Testing
import TokenCrypto
import TokenStorage

@testable import TokenLifecycle

@Suite struct RotationPlanTests {
    @Test func `a rotation away from a key happens once, however often it is asked for`() throws {
        let test = try TestStore()
        let first = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        #expect(try test.rotate { $0.from = first }.changed > 0)
        let second = try test.signer
        for _ in 0..<3 {
            test.advance(.days(1))
            #expect(try test.rotate { $0.from = first }.unchanged == 1)
        }
        #expect(try test.signer == second)
        #expect(try failure { try test.rotate { $0.from = "nobody" } } == .notFound)
    }

    @Test func `a second rotation before its successor is known is the same one`() throws {
        let test = try TestStore()
        test.waitUntilKeysAreKnown()
        try test.rotate()
        let second = try #require(try test.signer)
        let third = try #require(try test.standbys.first)
        #expect(try test.rotate().unchanged == 1)
        test.advance(.minutes(10))
        #expect(try test.rotate().unchanged == 1)
        #expect(try test.signer == second)
        test.advance(.minutes(2))
        #expect(try test.rotate().changed > 0)
        #expect(try test.signer == third)
    }

    @Test func `a publication that failed is made up for by the next run of the same line`() throws {
        let test = try TestStore()
        test.waitUntilKeysAreKnown()
        try FileManager.default.createDirectory(atPath: test.folder + "/www", withIntermediateDirectories: false)
        try test.set("jwks.file", test.folder + "/www/keys.json")
        try FileManager.default.moveItem(atPath: test.folder + "/www", toPath: test.folder + "/away")
        #expect(try failure { try test.rotate { $0.ifOlderThan = .minutes(5) } } == .cannotCreate)
        let standby = try #require(try test.standbys.first)
        #expect(try test.key(standby).publishedAt == nil)
        try FileManager.default.moveItem(atPath: test.folder + "/away", toPath: test.folder + "/www")
        let report = try test.rotate { $0.ifOlderThan = .days(30) }
        #expect(report.changed > 0 && report.items.contains { $0.id == standby && $0.outcome == .published })
        #expect(try test.key(standby).publishedAt != nil)
        #expect(try test.rotate { $0.ifOlderThan = .days(30) }.changed == 0)
    }

    @Test func `a shorter max_age does not make verifiers forget what they fetched`() throws {
        let test = try TestStore()
        try test.set("jwks.max_age", "1d")
        test.advance(.days(2))
        try test.set("jwks.max_age", "1m")
        try test.run(KeyGeneration(.edDSA, kid: "new", reason: nil))
        let known = try #require(try test.key("new").knownAt)
        #expect(known - test.now > .hours(24))
        test.advance(.days(2))
        try test.run(KeyGeneration(.edDSA, kid: "newer", reason: nil))
        #expect(try #require(try test.key("newer").knownAt) - test.now < .minutes(3))
    }

    @Test func `before anything was published no verifier holds anything`() throws {
        let test = try TestStore(nil)
        try test.set("jwks.max_age", "5s")
        try test.set("clock.skew", "1s")
        try test.rotate()
        test.advance(.seconds(7))
        #expect(try test.rotate().changed > 0)
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now) } == nil)
    }

    @Test func `what becomes due while deciding is left to the next run`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        test.advance(.days(30))
        var options = KeyRotation.Options()
        options.ifOlderThan = .days(30) + .ms
        let rotation = try KeyRotation(options, reason: nil, preparing: test.store)
        test.advance(.ms * 2)
        #expect(try test.run(rotation).unchanged == 1)
        #expect(try test.signer == signer)
        #expect(try test.rotate { $0.ifOlderThan = options.ifOlderThan }.changed > 0)
    }

    @Test func `a max_age under which nothing was published holds nothing back`() throws {
        let test = try TestStore(nil)
        try test.set("jwks.max_age", "1m")
        try test.run(KeyGeneration(.edDSA, kid: "first", reason: nil))
        #expect(try #require(try test.key("first").knownAt) - test.now < .minutes(3))
    }

    @Test func `the plan has dates`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        _ = try test.logInWithTokens()
        test.waitUntilKeysAreKnown()
        let notes = try test.preview(KeyRotation(.init(), reason: nil, preparing: test.store)).notes.joined(
            separator: "\n")
        #expect(notes.contains("signs from \(test.now.rfc3339)"))
        #expect(notes.contains("verifies on until \(try #require(try test.key(signer).latestExpiry).rfc3339)"))
        #expect(notes.contains("undoes it until \((test.now + .hours(1)).rfc3339)"))
    }

    @Test func `emergencies prefer the key that verifiers have known longest`() throws {
        let test = try TestStore()
        let standby = try #require(try test.standbys.first)
        test.advance(.days(1))
        try test.run(KeyGeneration(.es256, kid: "young", reason: nil))
        try test.rotate { $0.to = "young" }
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now)?.key.kid } == "young")
        try test.rotate { $0.isEmergency = true }
        #expect(try test.signer == standby)
        test.advance(.days(1))
        #expect(try test.signer == standby, "the promotion that waited yielded")
        #expect(try test.keyState("young") == .standby)
    }

    @Test func `the file's mode is seen to, and recorded`() throws {
        let test = try TestStore()
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: test.keySetPath)
        #expect(try test.run(KeyPublication()).changed == 2)
        let mode = try FileManager.default.attributesOfItem(atPath: test.keySetPath)[.posixPermissions] as? Int
        #expect(mode == 0o644)
        #expect(try test.read { try $0.sql.value("SELECT mode FROM publication ORDER BY id DESC LIMIT 1") } == 0o644)
        let inode = try FileManager.default.attributesOfItem(atPath: test.keySetPath)[.systemFileNumber] as? Int
        #expect(try test.run(KeyPublication()).changed == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: test.keySetPath)[.systemFileNumber] as? Int == inode)
    }
}
