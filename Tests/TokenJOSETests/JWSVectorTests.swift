import Testing
import TokenCrypto
import TokenJOSE

/// Tokens that others signed, from the RFCs, from Wycheproof and from real tools.
@Suite(.withShared) struct JWSVectorTests {
    /// Whether a token verifies with a key given as JWK, private or public, under the algorithm its header names.
    private func verifies(_ token: String, with jwk: JSON) throws -> Bool {
        let jws = try CompactJWS(parsing: token)
        let key = try #require(try KeyImport(reading: SecretBytes(copying: jwk.serialized)).keys.first)
        return try verifies(jws, with: key)
    }

    private func verifies(_ jws: CompactJWS, with key: ImportedKey) throws -> Bool {
        if let jwk = key.publicJWK { return try JWSVerifier(algorithm: jws.algorithm, jwk: jwk).verify(jws) }
        guard case .privateKey(let key) = key else { return false }
        return try JWSVerifier(algorithm: jws.algorithm, privateJWK: key).verify(jws)
    }

    /// The token with the first character of its signature changed.
    private func tampered(_ token: String) -> String {
        var parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        parts[2] = (parts[2].hasPrefix("A") ? "E" : "A") + parts[2].dropFirst()
        return parts.joined(separator: ".")
    }

    @Test func `RFC 7515 appendix A`() throws {
        /// A.4 is ES512, which we do not do; A.5 is `none`.
        let refused = ["RFC7515-A4": "unsupported_alg", "RFC7515-A5": "alg_none"]
        var accepted = 0
        for vector in try Shared.json("vectors/rfc7515/appendixA.json").arrayValue ?? [] {
            let id = try #require(vector["id"]?.stringValue)
            let token = try #require(vector["compact"]?.stringValue)
            if let code = refused[id] {
                #expect(refusal { _ = try CompactJWS(parsing: token) } == code, "\(id)")
                continue
            }
            let jwk = try #require(vector["jwk"])
            #expect(try verifies(token, with: jwk), "\(id)")
            #expect(!(try verifies(tampered(token), with: jwk)), "\(id)")
            accepted += 1
        }
        #expect(accepted == 3)
    }

    /// Signing again gives the printed token where the algorithm has no randomness.
    @Test(arguments: [
        "vectors/rfc7520/jws/4_1.rsa_v15_signature.json", "vectors/rfc7520/jws/4_2.rsa-pss_signature.json",
        "vectors/rfc7520/jws/4_4.hmac-sha2_integrity_protection.json", "vectors/rfc7520/curve25519/jws.json",
    ]) func `the cookbook's signatures`(_ path: String) throws {
        let vector = try Shared.json(path)
        let alg = try #require(vector["input"]?["alg"]?.stringValue)
        let jwk = try #require(vector["input"]?["key"])
        let token = try #require(vector["output"]?["compact"]?.stringValue)
        guard let algorithm = SignatureAlgorithm(rawValue: alg) else {
            // 4.2 is PS384.
            #expect(alg == "PS384")
            #expect(refusal { _ = try CompactJWS(parsing: token) } == "unsupported_alg")
            return
        }
        #expect(try verifies(token, with: jwk))
        #expect(!(try verifies(tampered(token), with: jwk)))
        guard vector["reproducible"] == true else { return }
        let signer = try JWSSigner(
            algorithm: algorithm, privateJWK: PrivateJWK(parsing: SecretBytes(copying: jwk.serialized)))
        let header = try #require(vector["signing"]?["protected"])
        let payload = try CompactJWS(parsing: token).payload
        #expect(try signer.sign(protectedHeader: header, payload: payload) == token)
    }

    @Test func `what the cookbook has beside compact signatures is refused, each for its reason`() throws {
        func compact(_ path: String) throws -> String {
            try #require(try Shared.json(path)["output"]?["compact"]?.stringValue)
        }
        func code(_ text: String) -> String? { refusal { _ = try CompactJWS(parsing: text) } }
        #expect(code(try compact("vectors/rfc7520/jws/4_3.ecdsa_signature.json")) == "unsupported_alg")  // ES512
        #expect(code(try compact("vectors/rfc7520/rfc7797/hmac-sha2_b64_false.json")) == "b64")
        // Detached content: an empty payload is a payload, and the signature is over another one.
        let detached = try Shared.json("vectors/rfc7520/jws/4_5.signature_with_detached_content.json")
        #expect(
            !(try verifies(
                try #require(detached["output"]?["compact"]?.stringValue), with: try #require(detached["input"]?["key"])
            )))
        for path in [
            "jws/4_1.rsa_v15_signature", "jws/4_6.protecting_specific_header_fields", "jws/4_7.protecting_content_only",
            "jws/4_8.multiple_signatures", "rfc7797/4.2.hmac-sha2_b64_false",
        ] {
            let output = try Shared.json("vectors/rfc7520/\(path).json")["output"]
            #expect(code(try #require(output?["json"]).text) == "json_serialization", "\(path)")
        }
        for path in ["5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2", "5_6.direct_encryption_using_aes-gcm"] {
            #expect(code(try compact("vectors/rfc7520/jwe/\(path).json")) == "jwe", "\(path)")
        }
    }

    @Test func `the cookbook's keys`() throws {
        func key(_ name: String) throws -> JSON { try Shared.json("vectors/rfc7520/jwk/\(name).json") }
        // 3.1 and 3.2 are on P-521; 3.6 is for encryption.
        #expect(refusal { _ = try JWK(parsing: try key("3_1.ec_public_key")) } == "unsupported_crv")
        let rsa = try JWK(parsing: key("3_3.rsa_public_key"))
        let secretKey = try PrivateJWK(parsing: SecretBytes(copying: key("3_4.rsa_private_key").serialized))
        #expect(secretKey.publicJWK?.components == rsa.components)
        let mac = try PrivateJWK(parsing: SecretBytes(copying: key("3_5.symmetric_key_mac_computation").serialized))
        #expect(mac.kid == "018c0ae5-4d9b-471b-bfd6-eef314bc7037")
        #expect(
            refusal { _ = try PrivateJWK(parsing: SecretBytes(copying: key("3_2.ec_private_key").serialized)) }
                == "unsupported_crv")
        #expect(
            refusal {
                _ = try PrivateJWK(parsing: SecretBytes(copying: key("3_6.symmetric_key_encryption").serialized))
            } == "wrong_use")
    }

    // MARK: Wycheproof

    /// What a token of Wycheproof meets: the key set must be readable, and the key its `kid` names must verify it.
    private func accepts(_ token: JSON, keys: JSON) -> Bool {
        do {
            let text = token.stringValue.map { Array($0.utf8) } ?? token.serialized
            let imported = try KeyImport(reading: SecretBytes(copying: keys.serialized))
            let jws = try CompactJWS(parsing: text)
            guard let key = imported.keys.first(where: { $0.kid == jws.kid }) else { return false }
            return try verifies(jws, with: key)
        } catch { return false }
    }

    @Test func `Wycheproof's signed tokens get its answers`() throws {
        var counts = ["valid": 0, "invalid": 0]
        var encrypted = 0
        for group in try Shared.json("vectors/wycheproof/json_web_crypto_test.json")["testGroups"]?.arrayValue ?? [] {
            for test in group["tests"]?.arrayValue ?? [] {
                let id = test["tcId"]?.integerValue ?? 0
                let result = try #require(test["result"]?.stringValue)
                guard let token = test["jws"] else {
                    // JWE as input is refused by design, the valid ones too: cases 50 to 83.
                    let jwe = try #require(test["jwe"])
                    let text = jwe.stringValue.map { Array($0.utf8) } ?? jwe.serialized
                    #expect(refusal { _ = try CompactJWS(parsing: text) } != nil, "case \(id)")
                    encrypted += 1
                    continue
                }
                for keys in [group["private"], group["public"]].compactMap({ $0 }) {
                    #expect(accepts(token, keys: keys) == (result == "valid"), "case \(id)")
                }
                counts[result, default: 0] += 1
            }
        }
        #expect(counts == ["valid": 4, "invalid": 45])
        #expect(encrypted == 34)
    }

    /// Beside the right answer, the right reason: a refusal for another one would pass the test above by accident.
    @Test func `Wycheproof's bad keys are refused for what is bad about them`() throws {
        let groups = try Shared.json("vectors/wycheproof/json_web_crypto_test.json")["testGroups"]?.arrayValue ?? []
        func code(_ comment: String) throws -> String? {
            let group = try #require(groups.first { $0["comment"] == .string(comment) })
            let keys = try #require(group["private"])
            return refusal { _ = try KeyImport(reading: SecretBytes(copying: keys.serialized)) }
        }
        #expect(try code("jws_rsa_roca_key") == "rsa_roca_modulus")
        #expect(try code("jws_mixedSymmetryKeyset") == "mixed_key_set")
        #expect(try code("jws_keyset") == nil)
    }

    // MARK: Real applications

    @Test func `tokens of PyJWT verify with the RSA key that joserfc published`() throws {
        let imported = try KeyImport(reading: SecretBytes(copying: Shared.bytes("realdata/rs256-app/jwks.json")))
        let key = try #require(imported.keys.first?.publicJWK)
        let pem = try JWK.fromPEM(String(decoding: Shared.bytes("realdata/rs256-app/public.pem"), as: UTF8.self))
        #expect(pem.components == key.components)
        let verifier = try JWSVerifier(algorithm: .rs256, jwk: key)
        let tokens = try Shared.lines("realdata/rs256-app/tokens.txt")
        #expect(tokens.count == 100)
        for token in tokens {
            let jws = try CompactJWS(parsing: token)
            #expect(verifier.verify(jws))
            #expect(jws.kid == key.kid)
            #expect(try JWTClaims(payload: jws.payload).exp != nil)
            #expect(!verifier.verify(try CompactJWS(parsing: tampered(token))))
        }
    }

    @Test func `tokens of an application with one secret verify with it`() throws {
        let text = Array(try Shared.bytes("realdata/legacy-hs256/secret.txt").drop { $0 == 0x0a }.prefix { $0 != 0x0a })
        let verifier = try JWSVerifier(hs256Secret: SecretBytes(copying: text))
        let other = try JWSVerifier(hs256Secret: SecretBytes(copying: text + [0]))
        let tokens = try Shared.lines("realdata/legacy-hs256/tokens.txt")
        #expect(tokens.count == 200)
        for token in tokens {
            let jws = try CompactJWS(parsing: token)
            #expect(verifier.verify(jws))
            #expect(!other.verify(jws))
            #expect(try JWTClaims(payload: jws.payload).sub != nil)
        }
    }
}
