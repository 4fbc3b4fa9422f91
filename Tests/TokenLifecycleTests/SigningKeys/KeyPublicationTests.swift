import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyPublicationTests {
    @Test func `the published set holds the public halves, and no secret`() throws {
        let test = try TestStore()
        let kids = try test.publishedKids()
        #expect(kids == [try #require(try test.signer)] + (try test.standbys))
        let text = try String(contentsOfFile: test.keySetPath, encoding: .utf8)
        #expect(!text.contains("\"d\""))
        let imported = try KeyImport(reading: SecretBytes(copying: Array(text.utf8)))
        #expect(imported.keys.count == 2)
    }

    @Test func `publishing the same set again writes nothing`() throws {
        let test = try TestStore()
        let before = try Data(contentsOf: URL(fileURLWithPath: test.keySetPath))
        let last = try test.read { $0.facts.lastWriteAt }
        #expect(try test.run(KeyPublication()).changed == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: test.keySetPath)) == before)
        #expect(try test.read { $0.facts.lastWriteAt } == last)
    }

    @Test func `a file that was lost or edited is written again`() throws {
        let test = try TestStore()
        let before = try Data(contentsOf: URL(fileURLWithPath: test.keySetPath))
        try FileManager.default.removeItem(atPath: test.keySetPath)
        #expect(try test.run(KeyPublication()).changed == 2)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: test.keySetPath))
        #expect(try test.run(KeyPublication()).changed == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: test.keySetPath)) == before)
    }

    @Test func `a second file is warned of, and tells no verifier of new keys`() throws {
        let test = try TestStore()
        let second = test.folder + "/copy.json"
        let report = try test.run(KeyPublication(path: second))
        #expect(report.changed == 2)
        #expect(report.lines.contains { $0.contains("jwks.file is \(test.keySetPath)") })
        // While the file of all verifiers cannot be written, the copy is no publication of the key made meanwhile.
        try test.set("jwks.file", test.folder + "/missing/keys.json")
        #expect(try failure { try test.run(KeyGeneration(.es256, kid: "new-one", reason: nil)) } != nil)
        #expect(try test.run(KeyPublication(path: second)).changed == 3)
        #expect(try test.key("new-one").publishedAt == nil)
        try test.set("jwks.file", second)
        #expect(try test.run(KeyPublication()).lines.count == 1)
        #expect(try test.key("new-one").publishedAt != nil)
        #expect(try test.run(KeyPublication(path: second)).unchanged == 3)
    }

    @Test func `a secret is never published`() throws {
        let test = try TestStore(.hs256)
        #expect(try test.publishedKids().isEmpty)
    }

    @Test func `when the file cannot be written the act stands, and the failure says so`() throws {
        let test = try TestStore()
        try test.set("jwks.file", test.folder + "/missing/keys.json")
        let rotated = try failure { try test.rotate() }
        #expect(rotated != nil)
        #expect(try test.auditVerbs.last == "key.rotate")
        #expect(try test.read { try $0.signingSchedule().pending(at: $0.now) } != nil)
    }
}
