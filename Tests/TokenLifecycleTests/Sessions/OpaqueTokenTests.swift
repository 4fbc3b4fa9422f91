import Testing
import TokenCrypto

@testable import TokenLifecycle

@Suite struct OpaqueTokenTests {
    private let secret = Array(UInt8(7)..<39)
    private let tag = Array(UInt8(100)..<116)

    private var sessionToken: String { OpaqueToken.session(0x12_3456_789A, secret: SecretBytes(copying: secret)) }
    private var refreshToken: String {
        OpaqueToken.refresh(0xFF_0000_0001, generation: 40_000, secret: SecretBytes(copying: secret), tag: tag)
    }

    @Test func `a token is taken apart into what it was made of`() throws {
        let session = try OpaqueToken(Array(sessionToken.utf8))
        #expect(session.kind == .session && session.id == 0x12_3456_789A)
        let sessionSecret = session.secret.bytes
        #expect(sessionSecret == secret)

        let refresh = try OpaqueToken(Array(refreshToken.utf8))
        #expect(refresh.kind == .refresh && refresh.id == 0xFF_0000_0001 && refresh.generation == 40_000)
        #expect(refresh.tag == tag)
        let refreshSecret = refresh.secret.bytes
        #expect(refreshSecret == secret)
    }

    @Test func `a double click takes the whole of it`() {
        for token in [sessionToken, refreshToken] {
            #expect(token.allSatisfy { $0 == "_" || $0.isNumber || ($0.isLetter && $0.isLowercase) })
        }
        #expect(sessionToken.hasPrefix("tks_") && refreshToken.hasPrefix("tkr_"))
    }

    private func isMistyped(_ bytes: [UInt8]) -> Bool {
        do throws(OpaqueToken.Refusal) {
            _ = try OpaqueToken(bytes)
            return false
        } catch { return error == .mistyped }
    }

    @Test func `every single changed character is caught`() {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        for token in [sessionToken, refreshToken] {
            var bytes = Array(token.utf8)
            var missed = 0
            for position in 4..<bytes.count {
                let kept = bytes[position]
                for wrong in alphabet where wrong != kept {
                    bytes[position] = wrong
                    if !isMistyped(bytes) { missed += 1 }
                }
                bytes[position] = kept
            }
            #expect(missed == 0)
        }
    }

    @Test func `every two characters swapped are caught`() {
        for token in [sessionToken, refreshToken] {
            var bytes = Array(token.utf8)
            var missed = 0
            for first in 4..<bytes.count {
                for second in (first + 1)..<bytes.count where bytes[first] != bytes[second] {
                    bytes.swapAt(first, second)
                    if !isMistyped(bytes) { missed += 1 }
                    bytes.swapAt(first, second)
                }
            }
            #expect(missed == 0)
        }
    }

    @Test func `what is cut, extended or of the other kind is told apart`() {
        let bytes = Array(sessionToken.utf8)
        #expect(throws: OpaqueToken.Refusal.wrongLength) { try OpaqueToken(bytes.dropLast()) }
        #expect(throws: OpaqueToken.Refusal.wrongLength) { try OpaqueToken(bytes + [UInt8(ascii: "0")]) }
        #expect(throws: OpaqueToken.Refusal.wrongLength) { try OpaqueToken(bytes + [UInt8(ascii: "\n")]) }
        #expect(throws: OpaqueToken.Refusal.wrongLength) { try OpaqueToken(Array("tkr_".utf8) + bytes.dropFirst(4)) }
        #expect(throws: OpaqueToken.Refusal.otherPrefix) { try OpaqueToken(Array("TKS_".utf8) + bytes.dropFirst(4)) }
        #expect(throws: OpaqueToken.Refusal.otherPrefix) { try OpaqueToken([]) }
        #expect(isMistyped(Array("tks_".utf8) + Array(sessionToken.dropFirst(4).uppercased().utf8)))
    }
}
