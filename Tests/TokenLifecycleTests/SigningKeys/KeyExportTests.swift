import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct KeyExportTests {
    @Test(arguments: [SignatureAlgorithm.es256, .edDSA])
    func `a private half leaves into a new file of its own, and is the key`(_ algorithm: SignatureAlgorithm) throws {
        let test = try TestStore(algorithm)
        let kid = try #require(try test.signer)
        let path = test.folder + "/out.pem"
        let export = PrivateKeyExport(kid, to: path, reason: "why")
        let preview = try test.preview(export)
        #expect(preview.tier == .three && preview.word == "out.pem")
        #expect(!FileManager.default.fileExists(atPath: path))
        try test.run(export)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        let key = try PrivateJWK.fromPEM(SecretBytes(copying: InputFile.read(path, limit: 8192)))
        #expect(key.publicJWK?.thumbprint == kid)
        #expect(try test.auditVerbs.last == "key.export")
        #expect(try failure { try test.run(export) } == .cannotCreate)
        #expect(try JWK.fromPEM(test.read { try $0.publicPEM(named: kid) }).thumbprint == kid)
    }

    @Test func `leaves no draft of a private half, whatever ends it, and takes away what a killed one left`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let path = test.folder + "/out.pem"
        let names = { try FileManager.default.contentsOfDirectory(atPath: test.folder).filter { $0.contains(".pem") } }
        let abandoned = { try Data("secret".utf8).write(to: URL(filePath: path + ".0123456789abc.tmp")) }
        try abandoned()
        try test.run(PrivateKeyExport(kid, to: path, reason: nil))
        #expect(try names() == ["out.pem"])
        // Killed once the file had its name: the next one is refused, and yet takes the draft away.
        try abandoned()
        #expect(try failure { try test.run(PrivateKeyExport(kid, to: path, reason: nil)) } == .cannotCreate)
        #expect(try names() == ["out.pem"])
        // Something took the name after the act was decided: the draft was written, and goes.
        try FileManager.default.removeItem(atPath: path)
        let export = PrivateKeyExport(kid, to: path, reason: nil)
        let report = try test.store.write(as: test.actor) { try export.apply(export.decide($0), $0) }
        try Data("other".utf8).write(to: URL(filePath: path))
        #expect(try failure { _ = try export.conclude(report, test.store, as: test.actor) } == .cannotCreate)
        #expect(try names() == ["out.pem"])
        #expect(try InputFile.read(path, limit: 100) == Array("other".utf8))
    }

    @Test func `through a link, of a secret, of a destroyed half it does not`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        try FileManager.default.createSymbolicLink(
            atPath: test.folder + "/link", withDestinationPath: test.folder + "/elsewhere")
        #expect(
            try failure { try test.run(PrivateKeyExport(kid, to: test.folder + "/link", reason: nil)) } == .cannotCreate
        )
        #expect(!FileManager.default.fileExists(atPath: test.folder + "/elsewhere"))
        try test.revokeKey(kid, replacing: true)
        let path = test.folder + "/out.pem"
        #expect(try failure { try test.run(PrivateKeyExport(kid, to: path, reason: nil)) } == .refused)

        let secrets = try TestStore(.hs256)
        let secret = try #require(try secrets.signer)
        #expect(try failure { try secrets.run(PrivateKeyExport(secret, to: path, reason: nil)) } == .refused)
        #expect(try failure { _ = try secrets.read { try $0.publicPEM(named: secret) } } == .refused)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
