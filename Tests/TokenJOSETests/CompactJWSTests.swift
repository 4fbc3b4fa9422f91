import Testing
import TokenCrypto
import TokenJOSE

@Suite struct CompactJWSTests {
    private func token(_ header: String, payload: String = "{}", signature: String = "AA") -> String {
        [header, payload].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".") + "." + signature
    }

    @Test func `a token is taken apart`() throws {
        let jws = try CompactJWS(parsing: token(#"{"alg":"ES256","kid":"k","typ":"at+jwt","own":1}"#, payload: "p"))
        #expect(jws.algorithm == .es256)
        #expect(jws.alg == "ES256")
        #expect(jws.kid == "k")
        #expect(jws.typ == "at+jwt")
        #expect(jws.header["own"] == 1)
        #expect(jws.payload == Array("p".utf8))
        #expect(jws.signature == [0])
        #expect(jws.signingInput == Array("eyJhbGciOiJFUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QiLCJvd24iOjF9.cA".utf8))
    }

    @Test(arguments: [
        (#"{"alg":"none"}"#, "alg_none"), (#"{"alg":"None"}"#, "alg_none"), (#"{"alg":"nOnE"}"#, "alg_none"),
        (#"{"alg":"ES384"}"#, "unsupported_alg"), (#"{"alg":"es256"}"#, "unsupported_alg"),
        (#"{"alg":""}"#, "unsupported_alg"), (#"{"alg":"dir"}"#, "unsupported_alg"), (#"{"alg":1}"#, "bad_alg"),
        (#"{"alg":["ES256"]}"#, "bad_alg"), (#"{"alg":null}"#, "bad_alg"), ("{}", "alg_missing"),
        (#"{"alg":"ES256","crit":["exp"],"exp":1}"#, "crit"), (#"{"alg":"ES256","crit":[]}"#, "crit"),
        (#"{"alg":"ES256","b64":false}"#, "b64"), (#"{"alg":"ES256","b64":true}"#, "b64"),
        (#"{"alg":"ES256","jku":"https://example.test"}"#, "jku"),
        (#"{"alg":"ES256","x5u":"https://example.test"}"#, "x5u"),
        (#"{"alg":"ES256","jwk":{}}"#, "jwk"), (#"{"alg":"ES256","x5c":[]}"#, "x5c"),
        (#"{"alg":"ES256","x5t":"a"}"#, "x5t"),
        (#"{"alg":"ES256","x5t#S256":"a"}"#, "x5t"), (#"{"alg":"ES256","zip":"DEF"}"#, "zip"),
        (#"{"alg":"dir","enc":"A256GCM"}"#, "jwe"), (#"{"alg":"none","jwk":{}}"#, "jwk"),
        (#"{"alg":"ES256","cty":"JWT"}"#, "nested"), (#"{"alg":"ES256","cty":"jwt"}"#, "nested"),
        (#"{"alg":"ES256","cty":"application/jwt"}"#, "nested"), (#"{"alg":"ES256","cty":1}"#, "bad_cty"),
        (#"{"alg":"ES256","kid":1}"#, "bad_kid"), (#"{"alg":"ES256","kid":null}"#, "bad_kid"),
        (#"{"alg":"ES256","typ":1}"#, "bad_typ"), (#"{"alg":"ES256","typ":["JWT"]}"#, "bad_typ"),
        (#"{"alg":"ES256","alg":"none"}"#, "duplicate_member"),
        (#"{"alg":"ES256","\u0061lg":"none"}"#, "duplicate_member"),
        (#"{"alg":"ES256""#, "bad_json"), ("", "bad_json"), ("[]", "not_an_object"), ("\"ES256\"", "not_an_object"),
        ("\u{feff}{\"alg\":\"ES256\"}", "bad_json"), (#"{"alg":"ES256"} x"#, "bad_json"),
        (#"{"alg":"ES256","a":[[[[[[[[]]]]]]]]}"#, "nesting_too_deep"),
    ])
    func `a header that asks for what we do not do is refused`(_ header: String, _ code: String) {
        #expect(refusal { _ = try CompactJWS(parsing: token(header)) } == code)
    }

    private static let header = "eyJhbGciOiJFUzI1NiJ9"

    @Test(arguments: [
        ("", "empty"), (header, "not_three_parts"), ("\(header).", "not_three_parts"),
        ("\(header).e30", "not_three_parts"), ("\(header).e30.AA.AA", "not_three_parts"),
        ("\(header).e30.AA.AA.AA", "jwe"), ("\(header).e30.AA.AA.AA.AA", "not_three_parts"), ("....", "jwe"),
        (#"{"payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AA"}"#, "json_serialization"),
        ("..", "bad_json"), (".e30.AA", "bad_json"), ("\(header)=.e30.AA", "bad_base64url"),
        ("\(header).e30=.AA", "bad_base64url"), ("\(header).e30.AA==", "bad_base64url"),
        ("\(header).e30.AB", "bad_base64url"), ("\(header).e3.AA", "bad_base64url"),
        ("\(header).e30.A", "bad_base64url"),
        (" \(header).e30.AA", "bad_base64url"), ("\(header).e30.AA\n", "bad_base64url"),
        ("\(header).e 30.AA", "bad_base64url"),
        ("\(header).e30.+/8", "bad_base64url"), ("Bearer \(header).e30.AA", "bad_base64url"),
    ])
    func `a text of another shape is refused`(_ text: String, _ code: String) {
        #expect(refusal { _ = try CompactJWS(parsing: text) } == code)
    }

    @Test func `8192 bytes are the most`() throws {
        let rest = 8192 - Self.header.utf8.count - 2
        let most = "\(Self.header).\(String(repeating: "A", count: rest - 4)).AAAA"
        #expect(most.utf8.count == 8192)
        #expect(throws: Never.self) { try CompactJWS(parsing: most) }
        #expect(refusal { _ = try CompactJWS(parsing: most + "A") } == "too_large")
        #expect(refusal { _ = try CompactJWS(parsing: [UInt8](repeating: 0x2e, count: 1 << 20)) } == "too_large")
    }

    @Test func `any bytes get an answer`() {
        var generator = SplitMix(state: 0x746f_6b65_6e63_746c)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(refusal { _ = try CompactJWS(parsing: bytes) } != nil)
            // And with the right shape around them
            let shaped = Array(Base64URL.encode(bytes).utf8) + Array(".e30.AA".utf8)
            #expect(refusal { _ = try CompactJWS(parsing: shaped) } != nil)
        }
    }

    @Test func `the key decides the algorithm`() throws {
        let key = try PrivateJWK.generate(for: .rs256, rsaBits: 2048)
        let ps256 = try PrivateJWK(parsing: withoutAlgorithm(key))
        let token = try JWSSigner(algorithm: .ps256, privateJWK: ps256).sign(protectedHeader: [:], payload: [])
        let jws = try CompactJWS(parsing: token)
        let jwk = try #require(ps256.publicJWK)
        #expect(try JWSVerifier(algorithm: .ps256, jwk: jwk).verify(jws))
        #expect(!(try JWSVerifier(algorithm: .rs256, jwk: jwk).verify(jws)))
        // RFC 8725 §2.1: a public key must not serve as an HMAC secret
        let confused = try PrivateJWK(secret: SecretBytes(copying: Array(try jwk.pem().utf8)))
        let forged = try JWSSigner(algorithm: .hs256, privateJWK: confused).sign(protectedHeader: [:], payload: [])
        #expect(!(try JWSVerifier(algorithm: .rs256, jwk: jwk).verify(try CompactJWS(parsing: forged))))
        #expect(refusal { _ = try JWSVerifier(algorithm: .hs256, jwk: jwk) } == "alg_mismatch")
        #expect(refusal { _ = try JWSVerifier(algorithm: .es256, jwk: jwk) } == "alg_mismatch")
        #expect(refusal { _ = try JWSVerifier(algorithm: .rs256, privateJWK: confused) } == "alg_mismatch")
        #expect(refusal { _ = try JWSSigner(algorithm: .ps256, privateJWK: key) } == "alg_mismatch")
    }

    private func withoutAlgorithm(_ key: PrivateJWK) -> SecretBytes {
        secret(text(key.text).replacing(#""alg":"RS256","#, with: ""))
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `what we sign, we verify, until a byte changes`(_ algorithm: SignatureAlgorithm) throws {
        let key = try PrivateJWK.generate(for: algorithm, rsaBits: 2048)
        let verifier = try JWSVerifier(algorithm: algorithm, privateJWK: key)
        let signer = try JWSSigner(algorithm: algorithm, privateJWK: key)
        let token = try signer.sign(
            protectedHeader: ["typ": "at+jwt", "kid": "k1"], payload: Array(#"{"sub":"a"}"#.utf8))
        let jws = try CompactJWS(parsing: token)
        #expect(jws.header.text == #"{"alg":"\#(algorithm.rawValue)","typ":"at+jwt","kid":"k1"}"#)
        #expect(verifier.verify(jws))
        let bytes = Array(token.utf8)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var altered = bytes
            altered[index] = altered[index] == UInt8(ascii: "A") ? UInt8(ascii: "E") : UInt8(ascii: "A")
            guard let jws = try? CompactJWS(parsing: altered) else { continue }
            #expect(!verifier.verify(jws), "byte \(index)")
        }
        #expect(refusal { _ = try signer.sign(protectedHeader: ["alg": "none"], payload: []) } == "alg_mismatch")
        #expect(refusal { _ = try signer.sign(protectedHeader: [], payload: []) } == "not_an_object")
    }

    @Test func `every reason has a code and a sentence of its own`() {
        let reasons = JOSEError.Reason.allCases
        #expect(Set(reasons.map(\.rawValue)).count == reasons.count)
        #expect(Set(reasons.map { JOSEError($0).message }).count == reasons.count)
    }
}

/// A generator with a fixed seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
