import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// What somebody without the private half may try.
@Suite struct ForgeryTests {
    private func signed(
        _ key: PrivateJWK, _ algorithm: SignatureAlgorithm, kid: String?, _ claims: JSON
    ) throws -> String {
        var header: [JSON.Member] = [.init("typ", "at+jwt")]
        if let kid { header.append(.init("kid", .string(kid))) }
        return try JWSSigner(algorithm: algorithm, privateJWK: key)
            .sign(protectedHeader: .object(header), payload: claims.serialized)
    }

    @Test func `another key under our kid does not verify`() throws {
        let test = try TestStore()
        let forger = try PrivateJWK.generate(for: .es256)
        let token = try signed(forger, .es256, kid: try test.signer, try test.claims())
        #expect(try test.verify(token) == .inactive(.badSignature))
    }

    @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .rs256])
    func `the public half is no HMAC secret`(_ algorithm: SignatureAlgorithm) throws {
        let test = try TestStore(algorithm)
        let kid = try #require(try test.signer)
        let jwk = try test.key(kid).jwk()
        for text in [try jwk.pem(), jwk.json().text, try test.key(kid).publicJWK ?? ""] {
            let secret = try PrivateJWK(secret: SecretBytes(copying: Array(text.utf8)))
            let token = try signed(secret, .hs256, kid: kid, try test.claims())
            #expect(try test.verify(token) == .inactive(.algorithmMismatch))
        }
    }

    @Test func `a header that names the key's algorithm otherwise is refused`() throws {
        let test = try TestStore(.rs256)
        let token = try test.sign(test.claims())
        let parts = token.split(separator: ".")
        let kid = try #require(try test.signer)
        let header = Base64URL.encode(Array(#"{"alg":"PS256","typ":"at+jwt","kid":"\#(kid)"}"#.utf8))
        #expect(try test.verify("\(header).\(parts[1]).\(parts[2])") == .inactive(.algorithmMismatch))
        #expect(try test.verify(token) == .active)
    }

    @Test func `changed claims, a changed header and a cut signature do not verify`() throws {
        let test = try TestStore()
        let token = try test.sign(test.claims())
        let parts = token.split(separator: ".").map(String.init)
        let others = Base64URL.encode(try test.claims(for: "admin").serialized)
        #expect(try test.verify("\(parts[0]).\(others).\(parts[2])") == .inactive(.badSignature))
        #expect(try test.verify("\(parts[0]).\(parts[1]).") == .inactive(.badSignature))
        #expect(try test.verify("\(parts[0]).\(parts[1]).\(parts[2].prefix(40))") == .inactive(.badSignature))
    }

    /// ECDSA has two signatures for each: (r, s) and (r, n − s). A rule for a token's text or hash would miss the twin.
    @Test func `a denied token's malleable twin is denied as well`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let token = try #require(login.access)
        let parts = token.text.split(separator: ".").map(String.init)
        let signature = try Base64URL.decode(Array(parts[2].utf8))
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
            0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        var twin = Array(signature[32...])
        var borrow = 0
        for index in twin.indices.reversed() {
            let difference = Int(order[index]) - Int(twin[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            twin[index] = UInt8(truncatingIfNeeded: difference)
        }
        let other = "\(parts[0]).\(parts[1])." + Base64URL.encode(Array(signature[..<32]) + twin)
        #expect(other != token.text)
        #expect(try test.verify(other) == .active)
        try test.run(DenylistAddition(.token(Array(token.text.utf8)), reason: nil))
        #expect(try test.verify(token.text) == .inactive(.deniedToken))
        #expect(try test.verify(other) == .inactive(.deniedToken))
    }

    /// A lax reader of base64url takes several texts for the same bytes; a rule for a text would miss all but one.
    @Test func `a denied token written in another way is not accepted`() throws {
        let test = try TestStore()
        let text = try #require(try test.logInWithTokens().access).text
        try test.run(DenylistAddition(.token(Array(text.utf8)), reason: nil))
        let parts = text.split(separator: ".").map(String.init)
        var others = ["\(text)\n", " \(text)", "\(text).", text.replacing(".", with: "%2E"), text.uppercased()]
        for index in parts.indices {
            var respelt = [parts[index] + "=", parts[index] + "==", parts[index] + "\n"]
            respelt.append(parts[index].replacing("-", with: "+").replacing("_", with: "/"))
            respelt.append(String(parts[index].flatMap { [$0, "\r", "\n"] }))
            // The bits of the last letter beyond the last whole byte.
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
                respelt.append(parts[index].dropLast() + String(letter))
            }
            others += respelt.map { part in
                parts.enumerated().map { $0.offset == index ? part : $0.element }.joined(separator: ".")
            }
        }
        for other in others where other != text {
            #expect(try test.verify(other) != .active, "\(other.debugDescription)")
        }
        #expect(try test.verify(text) == .inactive(.deniedToken))
    }

    @Test func `a token of one store is unknown to another`() throws {
        let token = try TestStore().logInWithTokens().access?.text
        #expect(try TestStore().verify(token) == .inactive(.unknownKey))
    }
}
