import Testing
import TokenJOSE
import TokenLifecycle

@Suite struct CSRFTokenTests {
    private let session = "tks_a-secret-of-one-browser"

    @Test func `a form's token is good for the session it was made for, and for no other`() throws {
        let token = try CSRFToken.make(forSession: session)
        #expect(CSRFToken.isValid(token, forSession: session))
        #expect(!CSRFToken.isValid(token, forSession: session + "x"))
        #expect(!CSRFToken.isValid(token, forSession: ""))
    }

    @Test func `every form gets a token of its own, which tells nothing of the session and needs no escaping`() throws {
        let tokens = try (0..<64).map { _ in try CSRFToken.make(forSession: session) }
        #expect(Set(tokens).count == 64)
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        #expect(tokens.allSatisfy { $0.count == 64 && plain.isSuperset(of: $0) })
    }

    @Test func `whatever bit of a token is changed, it is no token any more`() throws {
        let bytes = try Base64URL.decode(CSRFToken.make(forSession: session))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!CSRFToken.isValid(Base64URL.encode(changed), forSession: session), "bit \(bit)")
        }
    }

    @Test(arguments: ["", "=", "AAAA", String(repeating: "A", count: 64), String(repeating: "é", count: 32)])
    func `what is no token at all is refused`(text: String) throws {
        #expect(!CSRFToken.isValid(text, forSession: session))
        let token = try CSRFToken.make(forSession: session)
        #expect(!CSRFToken.isValid(token + text + "A", forSession: session))
        #expect(!CSRFToken.isValid(String(token.dropLast()), forSession: session))
    }
}
