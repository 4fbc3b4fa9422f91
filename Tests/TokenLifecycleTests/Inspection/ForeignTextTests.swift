import Testing
import TokenJOSE

@testable import TokenLifecycle

/// What is no token of ours is named by its form, and its secrets are never said again.
@Suite struct ForeignTextTests {
    /// RFC 7516 appendix A.3, cut to what a form needs; the PASETO ones have the shape of their specification.
    private static let texts: [(String, Inspection.Kind, String, RefusalReason)] = [
        (
            "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB.AxY8.KDlT.U0m", .jwe, "JWE, A128KW, A128CBC-HS256",
            .unsupported
        ),
        (#"{"payload":"e30","signatures":[]}"#, .joseJSON, "JWS", .unsupported),
        (#"{"protected":"e30","ciphertext":"AA"}"#, .joseJSON, "JWE", .unsupported),
        ("v4.local.AAAA", .paseto, "encrypted", .unsupported),
        ("v2.public.AAAA.Zm9vdGVy", .paseto, "signed", .unsupported),
        ("<saml:Assertion xmlns:saml=\"x\">", .saml, "SAML", .unsupported),
        ("PHNhbWxwOlJlc3BvbnNl", .saml, "SAML", .unsupported),
        ("Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA", .header, "Authorization", .wrongKind),
        ("Cookie: __Host-session=tks_0000", .header, "cookie", .wrongKind),
        ("ses_00000000", .id, "session id", .wrongKind), ("rt_00000000", .id, "family id", .wrongKind),
        ("-----BEGIN PRIVATE KEY-----\nAAAA", .key, "private key", .wrongKind),
        ("-----BEGIN CERTIFICATE-----\nAAAA", .key, "PEM", .wrongKind),
        (#"{"kty":"oct","k":"c2VjcmV0"}"#, .key, "secret key", .wrongKind),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, .key, "public key", .wrongKind),
        (#"{"keys":[]}"#, .key, "JWKS", .wrongKind),
        ("ghp_0123456789abcdefghij", .credential, "GitHub", .wrongKind),
        ("eyJhbGciOiJub25lIn0.eyJub25jZSI6IngifQ.", .jwt, "ID token", .unsupported),
        ("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7fX0.e30.AA", .jwt, "DPoP", .unsupported),
        ("hello", .unknown, "5 bytes of text", .malformed), ("", .unknown, "0 bytes", .malformed),
        ("9f86d081884c7d659a2feaa0c55ad015", .unknown, "hexadecimal", .malformed),
        ("123e4567-e89b-12d3-a456-426614174000", .unknown, "UUID", .malformed),
        ("uZ0rT3m5Q8mJ4J0b1o2c3A", .unknown, "a jti", .malformed),
        ("eyJhbGciOi.oops", .unknown, "like a JWT", .malformed), ("a\u{1}b", .unknown, "no line of text", .malformed),
    ]

    @Test(arguments: texts.indices)
    func `is told apart`(_ number: Int) throws {
        let (text, kind, what, reason) = Self.texts[number]
        let test = try TestStore()
        let inspection = try test.read { try $0.inspect(Array(text.utf8)) }
        #expect(inspection.kind == kind, "\(text): \(inspection.what)")
        #expect(inspection.what.contains(what), "\(inspection.what)")
        #expect(inspection.verification.verdict == .inactive(reason), "\(text)")
        #expect(!inspection.verification.isSigned)
    }

    @Test(arguments: ["c2VjcmV0LXNlY3JldA", "tks_0000000000000000000000", "ghp_0123456789abcdefghij"])
    func `no word of a secret is repeated`(_ secret: String) throws {
        let test = try TestStore()
        for text in [secret, "Bearer \(secret)", #"{"kty":"oct","k":"\#(secret)"}"#, "Cookie: a=\(secret)"] {
            let inspection = try test.read { try $0.inspect(Array(text.utf8)) }
            #expect(!inspection.what.contains(secret))
            #expect(inspection.verification.checks.allSatisfy { !$0.detail.contains(secret) })
            #expect(inspection.verification.payload == nil && inspection.verification.header == nil)
        }
    }

    @Test func `a signed PASETO is readable, and its time that of a Fernet token`() throws {
        let test = try TestStore()
        func inspect(_ text: String) throws -> Inspection { try test.read { try $0.inspect(Array(text.utf8)) } }
        let claims = Array(#"{"sub":"alice","exp":"2039-01-01T00:00:00+00:00"}"#.utf8)
        let paseto = try inspect("v4.public." + Base64URL.encode(claims + [UInt8](repeating: 7, count: 64)))
        #expect(paseto.verification.payload?["sub"] == "alice" && !paseto.verification.isSigned)
        let seconds = (0..<8).map { UInt8(truncatingIfNeeded: 1_767_225_600 >> (56 - 8 * $0)) }
        let fernet = try inspect(Base64URL.encode([0x80] + seconds + [UInt8](repeating: 1, count: 64)) + "==")
        #expect(fernet.kind == .fernet && fernet.what == "Fernet token of 2026-01-01T00:00:00Z")
    }

    @Test func `a JWT of somebody else is judged as far as it can be`() throws {
        let test = try TestStore()
        let other = try TestStore()
        let token = try #require(try other.logInWithTokens("alice").access).text
        try test.run(DenylistAddition(.user("alice"), reason: nil))
        let inspection = try test.read { try $0.inspect(Array(token.utf8)) }
        #expect(inspection.kind == .jwt && inspection.verification.header?["alg"] == "ES256")
        #expect(inspection.verification.payload?["sub"] == "alice" && !inspection.verification.isSigned)
        let answers = inspection.verification.checks.map { ($0.name, $0.answer) }
        #expect(answers.contains { $0 == ("key", .no(.unknownKey)) })
        #expect(answers.contains { $0 == ("signature", .skipped) })
        #expect(answers.contains { $0 == ("expiry", .yes) })
        #expect(answers.contains { $0 == ("denylist: user", .no(.deniedUser)) })
    }
}
