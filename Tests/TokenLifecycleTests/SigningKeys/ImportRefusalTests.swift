import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// What an import refuses, each with the reason in words: a key that is weak or crafted must not verify a single token.
@Suite struct ImportRefusalTests {
    private static func rsa(bits: Int = 2048, last: UInt8 = 0xA5, e: [UInt8] = [1, 0, 1], n: String? = nil) -> String {
        var modulus = [UInt8](repeating: 0xA5, count: bits / 8)
        modulus[modulus.count - 1] = last
        return #"{"kty":"RSA","n":"\#(n ?? Base64URL.encode(modulus))","e":"\#(Base64URL.encode(e))"}"#
    }

    private static func okp(_ x: [UInt8]) -> String {
        #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode(x))"}"#
    }

    private static let zeros = [UInt8](repeating: 0, count: 32)

    @Test(arguments: [
        (rsa(bits: 1024), "the RSA modulus has fewer than 2048 bits"), (rsa(last: 0xA4), "the RSA modulus is even"),
        (rsa(e: [3]), "the RSA exponent is below 65537"),
        (rsa(e: [1, 0, 0]), "the RSA exponent is even or not above 1"),
        (rsa(e: [1]), "the RSA exponent is even or not above 1"),
        (rsa(n: ROCAFixture.modulus), "of the ROCA kind (CVE-2017-15361)"),
        (
            #"{"kty":"EC","crv":"P-256","x":"\#(Base64URL.encode([UInt8](repeating: 1, count: 32)))","y":"\#(Base64URL.encode([UInt8](repeating: 2, count: 32)))"}"#,
            "the public key is not a point of its curve"
        ), (okp(zeros), "the public key is a point of low order"),
        (okp([0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]), "the public key is not in its canonical encoding"),
        (#"{"kty":"oct","k":"c2hvcnQ"}"#, "the secret is shorter than 32 bytes"),
    ])
    func `weak and crafted keys`(_ key: String, _ reason: String) throws {
        let refused = try refusal(key)
        #expect(refused?.message.contains(reason) == true, "\(refused?.message ?? "imported")")
    }

    @Test func `a private key of another public key`() throws {
        let (one, other) = (try PrivateJWK.generate(for: .es256), try PrivateJWK.generate(for: .es256))
        let text = String(decoding: one.text.bytes, as: UTF8.self)
        func x(_ key: PrivateJWK) -> (String, String) {
            let json = key.publicJWK?.json()
            return (json?["x"]?.stringValue ?? "", json?["y"]?.stringValue ?? "")
        }
        let mixed = text.replacingOccurrences(of: x(one).0, with: x(other).0)
            .replacingOccurrences(of: x(one).1, with: x(other).1)
        #expect(try refusal(mixed)?.message.contains("does not belong to its public key") == true)
    }

    @Test func `sets that cannot be meant`() throws {
        let key = try #require(try PrivateJWK.generate(for: .edDSA).publicJWK).json(kid: "a").text
        let secret = #"{"kty":"oct","kid":"s","k":"\#(Base64URL.encode([UInt8](repeating: 7, count: 32)))"}"#
        for (keys, reason) in [
            ("\(key),\(key)", "two keys have the same kid"), ("\(key),\(secret)", "do not belong into one set"),
        ] {
            #expect(try refusal(#"{"keys":[\#(keys)]}"#)?.message.contains(reason) == true)
        }
    }

    @Test func `a private key never stands in a public place`() throws {
        let test = try TestStore()
        let leaked = try PrivateJWK.generate(for: .edDSA)
        let text = String(decoding: leaked.text.bytes, as: UTF8.self)
        let failure = #expect(throws: Failure.self) { _ = try importing(text, into: test) }
        #expect(failure?.kind == .refused)
        #expect(failure?.message.hasPrefix("a private key is where a public one belongs") == true)
        #expect(try test.count("signing_key") == 2)
        // Read as what it is published as, it would be refused.
        #expect(throws: JOSEError(.privateInPublic)) { try JWK(parsing: JSON(parsing: leaked.text.bytes)) }
    }

    private func importing(_ text: String, into test: TestStore) throws -> Report {
        var options = SigningKeyImport.Options()
        options.until = test.now + .days(1)
        return try test.run(SigningKeyImport(SecretBytes(copying: Array(text.utf8)), options, reason: nil))
    }

    private func refusal(_ text: String) throws -> Failure? {
        let test = try TestStore(nil)
        do {
            _ = try importing(text, into: test)
            return nil
        } catch let failure as Failure {
            #expect(failure.kind == .malformed)
            #expect(try test.count("signing_key") == 0)
            return failure
        }
    }
}

/// 2048 bits, a power of 65537 modulo every prime up to 167: what the broken generator made.
private enum ROCAFixture {
    static let modulus =
        "gQ" + String(repeating: "A", count: 302)
        + "CLyzJWrUZK2M7uLDA1ejtebFzq153xvKWABTpw"
}
