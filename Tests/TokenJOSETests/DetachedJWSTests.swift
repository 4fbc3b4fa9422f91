import Testing
import TokenCrypto

@testable import TokenJOSE

@Suite struct DetachedJWSTests {
    private let content = Array("line one\nline two\n".utf8)

    @Test(arguments: [SignatureAlgorithm.edDSA, .es256])
    func `what was signed verifies, and nothing else does`(_ algorithm: SignatureAlgorithm) throws {
        let key = try PrivateJWK.generate(for: algorithm)
        let text = try JWSSigner(algorithm: algorithm, privateJWK: key)
            .sign(detached: content[...], header: [.init("typ", "test+jws"), .init("kid", "k")])
        let jws = try DetachedJWS(parsing: Array(text.utf8))
        #expect(jws.typ == "test+jws" && jws.kid == "k" && jws.algorithm == algorithm)
        let verifier = try JWSVerifier(algorithm: algorithm, privateJWK: key)
        #expect(verifier.verify(jws, of: content[...]))
        #expect(!verifier.verify(jws, of: content.dropLast()))
        #expect(!verifier.verify(jws, of: (content + [0])[...]))
        let other = try JWSVerifier(algorithm: algorithm, privateJWK: try PrivateJWK.generate(for: algorithm))
        #expect(!other.verify(jws, of: content[...]))
    }

    /// RFC 8725 §3.1: the key decides, and a header that says something else was not written by us, whoever signed it.
    @Test(
        arguments: [(.es256, .edDSA), (.edDSA, .hs256), (.hs256, .es256)] as [(SignatureAlgorithm, SignatureAlgorithm)])
    func `a header with another algorithm is refused though the signature is the key's`(
        _ algorithm: SignatureAlgorithm, _ other: SignatureAlgorithm
    ) throws {
        let key = try PrivateJWK.generate(for: algorithm)
        let signer = try JWSSigner(algorithm: algorithm, privateJWK: key)
        let verifier = try JWSVerifier(algorithm: algorithm, privateJWK: key)
        for named in [algorithm, other] {
            let header = Base64URL.encode(JSON.object([.init("alg", .string(named.rawValue))]).serialized)
            let input = header + "." + Base64URL.encode(content)
            let signature = Base64URL.encode(try signer.signature(of: Array(input.utf8)))
            #expect(verifier.verify(try CompactJWS(parsing: "\(input).\(signature)")) == (named == algorithm))
            let detached = try DetachedJWS(parsing: Array("\(header)..\(signature)".utf8))
            #expect(verifier.verify(detached, of: content[...]) == (named == algorithm))
        }
    }

    /// RFC 7515 appendix F: with the content put back between the dots it is an ordinary JWS.
    @Test func `with its content put back it is the compact form`() throws {
        let key = try PrivateJWK.generate(for: .edDSA)
        let text = try JWSSigner(algorithm: .edDSA, privateJWK: key).sign(detached: content[...], header: [])
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = try CompactJWS(parsing: "\(parts[0]).\(Base64URL.encode(content)).\(parts[2])")
        #expect(whole.payload == content)
        #expect(try JWSVerifier(algorithm: .edDSA, privateJWK: key).verify(whole))
    }

    @Test(arguments: [
        ("", JOSEError.Reason.notThreeParts), ("a.b", .notThreeParts), ("e30.e30.AA", .notThreeParts),
        ("eyJhbGciOiJub25lIn0..", .algorithmNone), ("eyJhbGciOiJFZERTQSIsImNyaXQiOlsiYjY0Il19..AA", .crit),
        ("eyJhbGciOiJFZERTQSIsImI2NCI6ZmFsc2V9..AA", .b64), ("eyJhbGciOiJFZERTQSJ9..A", .badBase64URL),
    ])
    func `what tokens may not do, it may not`(_ text: String, _ reason: JOSEError.Reason) {
        #expect(throws: JOSEError.self) { try DetachedJWS(parsing: Array(text.utf8)) }
        do throws(JOSEError) { _ = try DetachedJWS(parsing: Array(text.utf8)) } catch {
            #expect(error.reason == reason)
        }
    }
}
