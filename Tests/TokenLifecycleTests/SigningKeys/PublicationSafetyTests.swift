import Foundation
import Testing
import TokenStorage

@testable import TokenLifecycle

/// What publishing must never overwrite, and how a publication that failed heals.
@Suite struct PublicationSafetyTests {
    @Test func `the database, its log and the master key are never overwritten`() throws {
        let test = try TestStore()
        let database = test.store.database.path
        let masterKey = try #require(test.store.keyring.source.places.first?.path)
        let link = database + ".hard"
        try FileManager.default.linkItem(atPath: database, toPath: link)
        for path in [database, database + "-wal", masterKey, masterKey + ".a1B2c3D4e5F6g7H8", link] {
            #expect(try failure { try test.run(KeyPublication(path: path)) } == .refused, "\(path)")
            #expect(try failure { try test.set("jwks.file", path) } == .refused, "\(path)")
        }
        #expect(try test.signer != nil)
    }

    @Test func `a key set that could not be written is written by the retry and by cleanup`() throws {
        for heals in ["revoke", "cleanup"] {
            let test = try TestStore()
            let kid = try #require(try test.signer)
            let path = try #require(try test.read { try $0.policies.keySetFile })
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            #expect(throws: Failure.self) { try test.run(test.revocation(of: kid) { $0.replaces = true }) }
            try FileManager.default.removeItem(atPath: path)
            try good.write(to: URL(fileURLWithPath: path))
            #expect(try test.store.status().warnings.first?.contains("still carries the revoked key") == true)
            if heals == "revoke" {
                try test.run(test.revocation(of: kid) { $0.replaces = true })
            } else {
                try test.cleanUp()
            }
            let shown = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            #expect(!shown.contains(kid), "\(heals)")
            #expect(try test.store.status().warnings.contains { $0.contains("key publish") } == false)
        }
    }
}
