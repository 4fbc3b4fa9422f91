import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct SealedAtRestTests {
    @Test func `sealed keys open only in their own row and store`() throws {
        let test = try TestStore()
        let signer = try #require(try test.signer)
        let standby = try #require(try test.standbys.first)
        try test.tamper(
            "UPDATE signing_key SET sealed = (SELECT sealed FROM signing_key WHERE kid = \(standby)) WHERE kid = \(signer)"
        )
        #expect(try failure { _ = try test.store.issue(.init(user: "a"), as: test.actor) } == .untrusted)

        let other = try TestStore()
        let kid = try #require(try other.signer)
        let stranger = try #require(try test.key(standby).sealed)
        try other.tamper("UPDATE signing_key SET sealed = \(stranger) WHERE kid = \(kid)")
        #expect(try failure { _ = try other.store.issue(.init(user: "a"), as: other.actor) } == .untrusted)
    }

    @Test func `a changed sealed key or algorithm is not trusted`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let sealed = try #require(try test.key(kid).sealed)
        var parts = sealed.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        #expect(parts.count == 5 && parts[1].isEmpty)
        let context = try test.read { "\($0.facts.storeID):\(kid):ES256" }
        let header = try JSON(parsing: Base64URL.decode(Array(parts[0].utf8)))
        #expect(header == ["alg": "dir", "enc": "A256GCM", "cty": "jwk+json", "kid": .string(context)])

        parts[3] = String(parts[3].reversed())
        try test.tamper("UPDATE signing_key SET sealed = \(parts.joined(separator: ".")) WHERE kid = \(kid)")
        #expect(try failure { _ = try test.store.issue(.init(user: "a"), as: test.actor) } == .untrusted)
        try test.tamper("UPDATE signing_key SET sealed = \(sealed), alg = 'RS256' WHERE kid = \(kid)")
        #expect(try failure { _ = try test.store.issue(.init(user: "a"), as: test.actor) } == .untrusted)
    }

    /// Everything on the disk: the database, its log and its index.
    private func bytesOnDisk(_ test: TestStore) throws -> Data {
        try ["", "-wal", "-shm"].map { test.path + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
            .reduce(into: Data()) { $0 += try Data(contentsOf: URL(fileURLWithPath: $1)) }
    }

    /// Every way the bytes of a secret might have been written down.
    private func forms(_ secret: [UInt8]) -> [Data] {
        let hex = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return [Data(secret)]
            + [
                Base64URL.encode(secret), Data(secret).base64EncodedString(), hex, hex.uppercased(),
                Crockford.encode(secret),
            ]
            .map { Data($0.utf8) }
    }

    @Test func `no secret is in the files in the clear`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let pair = try test.refresh(login.refreshToken).pair
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(1))
        var secrets: [[UInt8]] = []
        for token in [login.sessionToken, login.refreshToken ?? "", pair.refreshToken] {
            let secret = try OpaqueToken(Array(token.utf8)).secret.bytes
            secrets.append(secret)
        }
        try test.read { reader in
            for key in try reader.allKeys() where key.hasPrivateHalf {
                let text = try reader.keyring.privateJWK(of: key, reader.facts).text.bytes
                let json = try JSON(parsing: text)
                let member = try #require((json["d"] ?? json["k"])?.stringValue)
                secrets.append(try Base64URL.decode(Array(member.utf8)))
            }
        }
        let master = try JSON(parsing: InputFile.read(test.folder + "/master.key", limit: 4096).trimmingNewline)
        secrets.append(try Base64URL.decode(Array((master["k"]?.stringValue ?? "").utf8)))
        #expect(secrets.count == 7 && secrets.allSatisfy { $0.count == 32 })
        let bytes = try bytesOnDisk(test)
        // The search finds what is there: the hash of the session's secret.
        #expect(bytes.range(of: Data(SHA256.hash(secrets[0]))) != nil)
        for secret in secrets {
            for form in forms(secret) { #expect(bytes.range(of: form) == nil) }
        }
        for token in [login.access?.text ?? "", pair.access.text] {
            #expect(bytes.range(of: Data(token.utf8)) == nil)
        }
    }

    @Test func `a destroyed private half is overwritten, in the log as well`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let sealed = try #require(try test.key(kid).sealed)
        let ciphertext = Data(sealed.split(separator: ".")[2].utf8)
        #expect(try bytesOnDisk(test).range(of: ciphertext) != nil)
        try test.revokeKey(kid, replacing: true)
        #expect(try bytesOnDisk(test).range(of: ciphertext) == nil)
    }

    @Test func `while somebody reads, a private half is not called destroyed, and a later write tries again`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let ciphertext = Data(try #require(try test.key(kid).sealed).split(separator: ".")[2].utf8)
        var readOnly = Database.Options()
        readOnly.readOnly = true
        let other = try Store.open(
            at: test.path, options: readOnly, clock: test.clock.clock, masterKey: test.masterKey)
        try other.read { _ in
            let report = try test.revokeKey(kid, replacing: true)
            #expect(report.lines.contains { $0.contains("a copy stays in the write-ahead log") })
            #expect(try test.key(kid).overwrittenAt != nil && test.key(kid).destroyedAt == nil)
            #expect(try bytesOnDisk(test).range(of: ciphertext) != nil)
            test.advance(.seconds(2))
            try test.logIn("bob")
            #expect(try test.read { try $0.keysNotDestroyedYet() } == [kid])
            #expect(try test.store.status().warnings.contains { $0.contains("write-ahead log") })
        }
        try other.close()
        test.advance(.seconds(2))
        try test.logIn("carol")
        #expect(try test.key(kid).destroyedAt != nil)
        #expect(try bytesOnDisk(test).range(of: ciphertext) == nil)
        #expect(try test.store.status().warnings.filter { $0.contains("write-ahead log") } == [])
    }

    @Test func `the key set is for all to read, and the database is not`() throws {
        let test = try TestStore()
        let modes = try [test.path, test.keySetPath].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o600, 0o644])
    }
}
