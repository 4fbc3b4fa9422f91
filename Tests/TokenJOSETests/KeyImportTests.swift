import Testing
import TokenCrypto
import TokenJOSE

@Suite struct KeyImportTests {
    private func read(_ text: String, allowWeak: Bool = false) throws -> KeyImport {
        try KeyImport(reading: secret(text), allowWeak: allowWeak)
    }

    private func privateKey(_ text: String) throws -> PrivateJWK {
        let keys = try read(text).keys
        guard keys.count == 1, case .privateKey(let key) = keys[0] else { throw JOSEError(.notPrivate) }
        return key
    }

    // MARK: PEM

    @Test func `the same P-256 key comes out of SEC 1, PKCS#8 and SPKI`() throws {
        let key = try privateKey(PEMFixtures.p256PKCS8)
        #expect(try text(privateKey(PEMFixtures.sec1).text) == text(key.text))
        #expect(try JWK.fromPEM(PEMFixtures.p256SPKI) == key.publicJWK)
        #expect(key.supportedAlgorithms == [.es256])
        let written = try text(key.pem())
        #expect(written == PEMFixtures.p256PKCS8 + "\n")
        #expect(try key.publicJWK?.pem() == PEMFixtures.p256SPKI + "\n")
    }

    @Test func `Ed25519 and RSA come out of theirs`() throws {
        let ed25519 = try privateKey(PEMFixtures.ed25519PKCS8)
        #expect(try JWK.fromPEM(PEMFixtures.ed25519SPKI) == ed25519.publicJWK)
        #expect(ed25519.supportedAlgorithms == [.edDSA])
        let rsa = try privateKey(PEMFixtures.rsaPKCS1)
        #expect(try JWK.fromPEM(PEMFixtures.rsaPublicPKCS1) == rsa.publicJWK)
        #expect(rsa.supportedAlgorithms == [.rs256, .ps256])
        #expect(try text(privateKey(try text(rsa.pem())).text) == text(rsa.text))
    }

    @Test func `text around a block is skipped, several blocks are all read`() throws {
        #expect(try JWK.fromPEM("issued by the old application\n\(PEMFixtures.p256SPKI)\nend\n").kid == nil)
        #expect(try read(PEMFixtures.p256SPKI + "\n" + PEMFixtures.ed25519SPKI).keys.count == 2)
    }

    @Test(arguments: [
        (PEMFixtures.encryptedPKCS8, "encrypted_key"), (PEMFixtures.encryptedSEC1, "encrypted_key"),
        (PEMFixtures.secp256k1, "unsupported_key_type"), (PEMFixtures.p384, "unsupported_key_type"),
        (PEMFixtures.x25519, "unsupported_key_type"), (PEMFixtures.explicitParameters, "explicit_curve_parameters"),
        (PEMFixtures.rsa1024SPKI, "rsa_modulus_too_small"), (PEMFixtures.certificate, "unrecognized"),
        (PEMFixtures.p256SPKI + "\n" + PEMFixtures.p256PKCS8, "mixed_key_set"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "undecodable_key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "undecodable_key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", "unrecognized"), ("just text", "unrecognized"), ("", "empty"),
        (" \n\t", "empty"),
        (PEMFixtures.p256SPKI + "\n-----BEGIN PUBLIC KEY-----\n!", "unrecognized"),
    ])
    func `PEM that is no key of ours is refused`(_ text: String, _ code: String) {
        #expect(refusal { _ = try read(text) } == code)
    }

    @Test func `bytes after the DER of a key are refused`() throws {
        let body = PEMFixtures.ed25519SPKI.split(separator: "\n")[1]
        let bytes = try Base64URL.decode(
            String(body).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
        #expect(throws: Never.self) { _ = try PublicKey(der: bytes) }
        #expect(throws: CryptoError.unacceptableKey(.undecodable)) { _ = try PublicKey(der: bytes + [0]) }
        #expect(throws: CryptoError.unacceptableKey(.undecodable)) { _ = try PublicKey(der: bytes.dropLast()) }
    }

    // MARK: JWK and JWKS

    private func jwk(_ kid: String, _ algorithm: SignatureAlgorithm = .edDSA) throws -> String {
        let key = try #require(PrivateJWK.generate(for: algorithm).publicJWK)
        return key.json(kid: kid, alg: algorithm).text
    }

    private func privateJWK(_ kid: String) throws -> String {
        text(try PrivateJWK.generate(for: .edDSA).text).replacing(
            #""kty":"OKP","#, with: #""kty":"OKP","kid":"\#(kid)","#)
    }

    @Test func `a set gives its keys in order, public ones or private ones`() throws {
        let published = try read(#"{"keys":[\#(jwk("a")),\#(jwk("b", .es256))]}"#)
        #expect(published.keys.map(\.kid) == ["a", "b"])
        #expect(published.keys.allSatisfy { if case .publicKey = $0 { true } else { false } })
        let kept = try read(#"{"keys":[\#(privateJWK("a")),\#(privateJWK("b"))]}"#)
        #expect(kept.keys.map(\.kid) == ["a", "b"])
        #expect(kept.keys.allSatisfy { if case .privateKey = $0 { true } else { false } })
        #expect(try read(jwk("alone")).keys.map(\.kid) == ["alone"])
    }

    @Test func `each private key of a set gets its own numbers, whatever the members beside it are called`() throws {
        let (one, other) = (try privateJWK("one"), try privateJWK("other"))
        let imported = try read(#"{"keys/0":{"d":"AAAA"},"note":{"d":"BBBB"},"keys":[\#(one),\#(other)]}"#)
        for (key, original) in zip(imported.keys, [one, other]) {
            guard case .privateKey(let key) = key else { throw JOSEError(.notPrivate) }
            #expect(try JSON(parsing: array(key.text))["d"] == JSON(parsing: original)["d"])
        }
    }

    @Test func `keys for other purposes are skipped, and named`() throws {
        let encryption = try jwk("enc").replacing(#""use":"sig""#, with: #""use":"enc""#)
        let imported = try read(#"{"keys":[{"kty":"AKP"},\#(jwk("sig")),\#(encryption)]}"#)
        #expect(imported.keys.map(\.kid) == ["sig"])
        #expect(imported.skipped.map(\.index) == [0, 2])
        #expect(imported.skipped.map(\.reason.code) == ["unsupported_kty", "wrong_use"])
    }

    private static let secretJWK = #"{"kty":"oct","kid":"s","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}"#

    @Test func `sets that cannot be meant are refused`() throws {
        func refused(_ keys: String...) -> String? {
            refusal { _ = try read(#"{"keys":[\#(keys.joined(separator: ","))]}"#) }
        }
        #expect(refused() == "empty_set")
        #expect(refused(#"{"kty":"AKP"}"#) == "unsupported_kty")
        #expect(refused(try jwk("a"), try privateJWK("b")) == "mixed_key_set")
        #expect(refused(try jwk("a"), Self.secretJWK) == "mixed_key_set")
        #expect(refused(try privateJWK("a"), Self.secretJWK) == "mixed_key_set")
        #expect(refused(try jwk("a"), try jwk("a")) == "duplicate_kid")
        #expect(
            refused(try jwk("a"), #"{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#)
                == "low_order_point")
        #expect(refused("1") == "not_an_object")
        #expect(refusal { _ = try read(#"{"keys":{}}"#) } == "bad_member")
        #expect(refusal { _ = try read(#"{"keys":[],"keys":[]}"#) } == "duplicate_member")
        #expect(refusal { _ = try read("{") } == "bad_json")
        #expect(refusal { _ = try read("{}") } == "member_missing")
    }

    @Test func `a weak secret is refused unless asked for`() throws {
        let weak = #"{"kty":"oct","k":"c2hvcnQ"}"#
        #expect(refusal { _ = try read(weak) } == "weak_secret")
        #expect(try read(weak, allowWeak: true).keys.count == 1)
        #expect(try read(Self.secretJWK).keys.count == 1)
    }
}
