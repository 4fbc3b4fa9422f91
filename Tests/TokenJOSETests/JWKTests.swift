import Testing
import TokenCrypto
import TokenJOSE

@Suite struct JWKTests {
    /// RFC 7638 §3.1.
    private static let rsa = #"""
        {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
        """#
    /// RFC 7515 §A.3.
    private static let ec = #"""
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """#
    /// RFC 8037 §A.2.
    private static let okp = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test func `thumbprints of RFC 7638 §3.1 and RFC 8037 §A.3`() throws {
        #expect(try JWK(parsing: JSON(parsing: Self.rsa)).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(try JWK(parsing: JSON(parsing: Self.okp)).thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test(arguments: [rsa, ec, okp]) func `a key is published with its use and read back as it was`(_ text: String)
        throws
    {
        let key = try JWK(parsing: JSON(parsing: text))
        let alg = try #require(key.supportedAlgorithms.first)
        let published = key.json(kid: "k1", alg: alg)
        #expect(published.members?.map(\.name).prefix(4) == ["kty", "kid", "use", "alg"])
        #expect(published["use"] == "sig")
        let again = try JWK(parsing: published)
        #expect(again.components == key.components)
        #expect(again.kid == "k1")
        #expect(again.alg == alg)
        #expect(again.thumbprint == key.thumbprint)
        #expect(try JWK.fromPEM(try key.pem()).components == key.components)
    }

    @Test func `a key that names its algorithm verifies with no other`() throws {
        let key = try JWK(parsing: JSON(parsing: Self.rsa))
        #expect(refusal { _ = try JWSVerifier(algorithm: .ps256, jwk: key) } == "alg_mismatch")
        #expect(refusal { _ = try JWSVerifier(algorithm: .rs256, jwk: key) } == nil)
        #expect(refusal { _ = try JWSVerifier(algorithm: .ps256, jwk: JWK(key.components)) } == nil)
    }

    @Test func `a leading zero byte in a modulus changes neither key nor thumbprint`() throws {
        let key = try JWK(parsing: JSON(parsing: Self.rsa))
        guard case .rsa(let modulus, let exponent) = key.components else { throw JOSEError(.unsupportedKeyType) }
        let padded: JSON = [
            "kty": "RSA", "n": .string(Base64URL.encode([0] + modulus)), "e": .string(Base64URL.encode([0] + exponent)),
        ]
        #expect(try JWK(parsing: padded).thumbprint == key.thumbprint)
    }

    @Test(arguments: [
        ("[]", "not_an_object"), ("{}", "member_missing"), (#"{"kty":"oct","k":"AAAA"}"#, "symmetric_in_public"),
        (#"{"kty":"ec"}"#, "unsupported_kty"), (#"{"kty":1}"#, "unsupported_kty"),
        (#"{"kty":"AKP"}"#, "unsupported_kty"),
        (#"{"kty":"EC"}"#, "member_missing"), (#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "unsupported_crv"),
        (#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#, "unsupported_crv"),
        (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, "unsupported_crv"),
        (#"{"kty":"EC","crv":"P-256","x":"AA"}"#, "member_missing"),
        (#"{"kty":"EC","crv":"P-256","x":1,"y":"AA"}"#, "bad_member"),
        (#"{"kty":"EC","crv":"P-256","x":"AA==","y":"AA"}"#, "bad_base64url"),
        (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "wrong_key_length"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#, "low_order_point"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"_________________________________________38"}"#, "non_canonical_point"),
        (#"{"kty":"RSA","n":"AQ","e":"AQAB"}"#, "rsa_modulus_too_small"),
    ])
    func `what is not a public key of ours is refused`(_ text: String, _ code: String) {
        #expect(refusal { _ = try JWK(parsing: JSON(parsing: text)) } == code)
    }

    @Test(arguments: [
        ("{}", "kty is missing"), (#"{"kty":"OKP","x":"AA"}"#, "crv is missing"),
        (#"{"kty":"EC","crv":"P-256","x":"AA"}"#, "y is missing"), (#"{"kty":"RSA","n":1}"#, "n is not a string"),
        (#"{"kty":"RSA","n":"A="}"#, "n: it is not base64url without padding"),
    ])
    func `the member that is at fault is named in a sentence`(_ text: String, _ message: String) throws {
        let error = #expect(throws: JOSEError.self) { _ = try JWK(parsing: JSON(parsing: text)) }
        #expect(error?.message == message)
    }

    @Test(arguments: [
        (#""use":"enc""#, "wrong_use"), (#""use":1"#, "wrong_use"), (#""key_ops":["sign"]"#, "wrong_key_ops"),
        (#""key_ops":[]"#, "wrong_key_ops"), (#""key_ops":"verify""#, "wrong_key_ops"),
        (#""key_ops":["verify","verify"]"#, "wrong_key_ops"), (#""alg":"RS256""#, "alg_mismatch"),
        (#""alg":"HS256""#, "alg_mismatch"), (#""alg":"ES512""#, "unsupported_alg"), (#""alg":1"#, "bad_alg"),
        (#""kid":1"#, "bad_kid"), (#""d":"AAAA""#, "private_in_public"), (#""d":null"#, "private_in_public"),
        (#""k":"AAAA""#, "private_in_public"), (#""p":"AAAA""#, "private_in_public"),
    ])
    func `a member that contradicts a public verifying key is refused`(_ member: String, _ code: String) {
        let text = Self.ec.replacing(#""kty":"EC","#, with: #""kty":"EC",\#(member),"#)
        #expect(refusal { _ = try JWK(parsing: JSON(parsing: text)) } == code)
    }

    @Test func `certificates beside a key are ignored, whatever they say`() throws {
        let text = Self.ec.replacing(
            #""kty":"EC","#, with: #""kty":"EC","x5u":"https://example.test","x5c":["AA"],"key_ops":["verify"],"#)
        #expect(try JWK(parsing: JSON(parsing: text)) == JWK(parsing: JSON(parsing: Self.ec)))
    }

    @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .rs256, .ps256])
    func `a generated key survives its text and its PEM`(_ algorithm: SignatureAlgorithm) throws {
        let key = try PrivateJWK.generate(for: algorithm, rsaBits: 2048)
        let again = try PrivateJWK(parsing: key.text)
        #expect(text(again.text) == text(key.text))
        #expect(again.publicJWK == key.publicJWK)
        #expect(again.alg == algorithm)
        let fromPEM = try PrivateJWK.fromPEM(try key.pem())
        #expect(fromPEM.publicJWK?.components == key.publicJWK?.components)
        let token = try JWSSigner(algorithm: algorithm, privateJWK: fromPEM).sign(protectedHeader: [:], payload: [1])
        let jwk = try #require(key.publicJWK)
        #expect(try JWSVerifier(algorithm: algorithm, jwk: jwk).verify(CompactJWS(parsing: token)))
    }

    @Test func `a shared secret keeps its bytes, has no public half, and at least 32 of them`() throws {
        let key = try PrivateJWK(secret: secret(String(repeating: "s", count: 32)), kid: "legacy")
        #expect(key.isSymmetric && key.publicJWK == nil && key.kty == "oct" && key.alg == .hs256)
        #expect(
            text(key.text)
                == #"{"kty":"oct","kid":"legacy","alg":"HS256","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}"#)
        #expect(text(try PrivateJWK(parsing: key.text).secret()) == String(repeating: "s", count: 32))
        #expect(refusal { _ = try PrivateJWK(secret: secret("short")) } == "weak_secret")
        #expect(refusal { _ = try PrivateJWK(secret: secret("short"), allowWeak: true) } == nil)
        #expect(refusal { _ = try PrivateJWK(secret: secret(""), allowWeak: true) } == "weak_secret")
        #expect(refusal { _ = try key.pem() } == "unsupported_kty")
    }

    @Test(arguments: [
        (#"{"kty":"oct","k":"AAAA"}"#, "weak_secret"), (#"{"kty":"oct"}"#, "member_missing"),
        (#"{"kty":"oct","k":1}"#, "bad_member"),
        (#"{"kty":"oct","k":"AA AA"}"#, "bad_base64url"), (#"{"kty":"oct","k":"AA\u0041A"}"#, "bad_base64url"),
        (#"{"kty":"oct","alg":"ES256","k":"AAAA"}"#, "alg_mismatch"),
        (#"{"kty":"oct","k":"AAAA","k":"AAAA"}"#, "duplicate_member"),
        (okp, "not_private"), (okp.replacing("}", with: #","d":"AAAA"}"#), "wrong_key_length"),
        (okp.replacing("}", with: #","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#), "mismatched_key_halves"),
        (ec.replacing("}", with: #","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}"#), "mismatched_key_halves"),
        (rsa.replacing("}", with: #","d":"AAAA"}"#), "incomplete_private_key"),
        (rsa.replacing("}", with: #","d":"AAAA","oth":[]}"#), "bad_member"),
        (okp.replacing("}", with: #","d":"AAAA","key_ops":["verify"]}"#), "wrong_key_ops"),
    ])
    func `what is not a whole private key is refused`(_ json: String, _ code: String) {
        #expect(refusal { _ = try PrivateJWK(parsing: secret(json)) } == code)
    }
}
