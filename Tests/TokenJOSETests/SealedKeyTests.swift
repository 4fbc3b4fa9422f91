import Foundation
import Testing
import TokenCrypto
import TokenJOSE

@Suite final class SealedKeyTests {
    private let masterKey = SecretBytes(copying: (0..<32).map { UInt8($0) })
    private let context = "store1:kid1:ES256"

    @Test func `a sealed key opens in its own place with its own master key`() throws {
        let key = try PrivateJWK.generate(for: .es256)
        let sealed = try SealedKey.seal(key.text, context: context, masterKey: masterKey)
        #expect(text(try SealedKey.open(sealed, context: context, masterKey: masterKey)) == text(key.text))
        #expect(
            try SealedKey.seal(key.text, context: context, masterKey: masterKey) != sealed, "a nonce must not repeat")
        #expect(
            refusal { _ = try SealedKey.open(sealed, context: "store2:kid1:ES256", masterKey: masterKey) }
                == "wrong_header")
        let other = SecretBytes(copying: [UInt8](repeating: 9, count: 32))
        #expect(refusal { _ = try SealedKey.open(sealed, context: context, masterKey: other) } == "does_not_open")
        #expect(
            refusal { _ = try SealedKey.seal(key.text, context: context, masterKey: secret("short")) }
                == "crypto_failure")
    }

    @Test func `the header is exactly the documented one`() throws {
        let sealed = try SealedKey.seal(secret("x"), context: context, masterKey: masterKey)
        let header = try Base64URL.decode(String(sealed.prefix { $0 != "." }))
        #expect(
            String(decoding: header, as: UTF8.self)
                == #"{"alg":"dir","enc":"A256GCM","cty":"jwk+json","kid":"store1:kid1:ES256"}"#)
    }

    @Test func `nothing opens once a character changed`() throws {
        let sealed = Array(try SealedKey.seal(secret("the key"), context: context, masterKey: masterKey).utf8)
        for index in sealed.indices {
            var altered = sealed
            altered[index] = altered[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: altered, as: UTF8.self)
            #expect(refusal { _ = try SealedKey.open(text, context: context, masterKey: masterKey) } != nil)
        }
        for text in ["", "a.b.c", "....", "{}"] {
            #expect(refusal { _ = try SealedKey.open(text, context: context, masterKey: masterKey) } != nil)
        }
    }

    @Test func `a header that says the same in other words is refused`() throws {
        let sealed = try SealedKey.seal(secret("x"), context: context, masterKey: masterKey)
        let header = #"{"enc":"A256GCM","alg":"dir","cty":"jwk+json","kid":"store1:kid1:ES256"}"#
        let other = Base64URL.encode(Array(header.utf8)) + sealed.drop { $0 != "." }
        #expect(refusal { _ = try SealedKey.open(other, context: context, masterKey: masterKey) } == "wrong_header")
    }

    // MARK: Passphrases

    @Test func `a passphrase opens what it protected, another does not`() throws {
        let protected = try PassphraseProtected.seal(
            secret("the master key"), passphrase: secret("correct horse"), contentType: "octet-stream", iterations: 1000
        )
        #expect(PassphraseProtected.isProtected(protected))
        #expect(!PassphraseProtected.isProtected(#"{"kty":"oct"}"#))
        #expect(text(try PassphraseProtected.open(protected, passphrase: secret("correct horse"))) == "the master key")
        #expect(
            refusal { _ = try PassphraseProtected.open(protected, passphrase: secret("correct horsf")) }
                == "does_not_open")
        #expect(refusal { _ = try PassphraseProtected.open(protected, passphrase: secret("")) } == "does_not_open")
    }

    @Test func `what is written by default has 210,000 rounds and a fresh salt`() throws {
        let one = try PassphraseProtected.seal(secret("x"), passphrase: secret("p"), contentType: "jwk+json")
        let header = try JSON(parsing: try Base64URL.decode(String(one.prefix { $0 != "." })))
        #expect(header["p2c"] == 210_000)
        #expect(header["alg"] == "PBES2-HS512+A256KW")
        #expect(header["enc"] == "A256GCM")
        #expect(header["cty"] == "jwk+json")
        #expect(try Base64URL.decode(header["p2s"]?.stringValue ?? "").count == 16)
    }

    @Test(arguments: [
        (#""p2c":999"#, "bad_p2c"), (#""p2c":2000001"#, "bad_p2c"), (#""p2c":9223372036854775807"#, "bad_p2c"),
        (#""p2c":-1"#, "bad_p2c"), (#""p2c":1e3"#, "bad_p2c"), (#""p2c":"1000""#, "bad_p2c"),
        (#""zip":"DEF""#, "wrong_header"),
        (#""p2c":1000,"crit":["p2c"]"#, "wrong_header"), (#""p2c":1000"#, "does_not_open"),
    ])
    func `a hostile header is refused before any work`(_ member: String, _ code: String) {
        let header = #"{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2s":"AAAAAAAAAAAAAAAA",\#(member)}"#
        let text =
            Base64URL.encode(Array(header.utf8))
            + ".\(String(repeating: "A", count: 54))AA.AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA"
        #expect(refusal { _ = try PassphraseProtected.open(text, passphrase: secret("p")) } == code)
    }

    @Test(arguments: [
        #"{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":1000}"#,
        #"{"alg":"PBES2-HS512+A256KW","enc":"A128GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":1000}"#,
        #"{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":1000}"#,
        #"{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2s":"AAAA","p2c":1000}"#,
    ])
    func `another algorithm, or a salt that is none, is refused`(_ header: String) {
        let text = Base64URL.encode(Array(header.utf8)) + ".AAAA.AAAA.AA.AAAA"
        #expect(refusal { _ = try PassphraseProtected.open(text, passphrase: secret("p")) } == "wrong_header")
    }

    // MARK: Other people's tools

    @Test func `what joserfc sealed opens`() throws {
        let sealed =
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiandrK2pzb24iLCJraWQiOiJzdG9yZTE6a2lkMTpFUzI1NiJ9."
            + ".U4FrWmH12HOkJ826.Rw_-wI4U9P4OmT6jyQ.DsSQ2rk4S2CUHKa5Y5DeRQ"
        #expect(text(try SealedKey.open(sealed, context: context, masterKey: masterKey)) == #"{"kty":"oct"}"#)
        let protected =
            "eyJhbGciOiJQQkVTMi1IUzUxMitBMjU2S1ciLCJlbmMiOiJBMjU2R0NNIiwicDJjIjoxMDAwLCJwMnMiOiJEcjNMVlItNDBsYlZvR096NWVz"
            + "WkFRIn0.ZsSZ__ytJWVDoDAuRZF7VtorFT8kCil41qbLIf2hMq0E3cIvelLJuA.BYe8KDyRMelpEgM8.5JH-BN5hVhTEqMIaJAw."
            + "XKbvVWEOLHBjHpFdau2m0Q"
        #expect(text(try PassphraseProtected.open(protected, passphrase: secret("correct horse"))) == "the master key")
    }

    private static let josePath = ["/usr/bin/jose", "/usr/local/bin/jose"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private func jose(_ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.josePath))
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    private func temporaryFile(_ content: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "sealed-\(UUID().uuidString)")
        try Data(content.utf8).write(to: file)
        return file
    }

    @Test(.enabled(if: josePath != nil, "needs the jose command")) func `the jose command opens a sealed key`() throws {
        let sealed = try SealedKey.seal(secret(#"{"kty":"oct"}"#), context: context, masterKey: masterKey)
        let key = try temporaryFile(#"{"kty":"oct","k":"\#(Base64URL.encode((0..<32).map { UInt8($0) }))"}"#)
        defer { try? FileManager.default.removeItem(at: key) }
        #expect(try jose(["jwe", "dec", "-i", "-", "-k", key.path], input: sealed) == #"{"kty":"oct"}"#)
    }
}
