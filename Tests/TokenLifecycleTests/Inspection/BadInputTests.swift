import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// What is refused by design (docs/architecture.md), signed by our own key where it can be, so that nothing else is wrong.
@Suite struct BadInputTests {
    private struct Case: CustomTestStringConvertible {
        var name: String
        var reason: RefusalReason
        var make: @Sendable (TestStore) throws -> String
        var testDescription: String { name }

        init(_ name: String, _ reason: RefusalReason, _ make: @escaping @Sendable (TestStore) throws -> String) {
            self.name = name
            self.reason = reason
            self.make = make
        }
    }

    private static func header(_ members: JSON.Member...) -> @Sendable (TestStore) throws -> String {
        { test in try test.sign(test.claims(), header: [.init("typ", "at+jwt")] + members) }
    }

    private static func claim(_ member: JSON.Member) -> @Sendable (TestStore) throws -> String {
        { test in try test.sign(test.claims([member])) }
    }

    private static func good(
        _ change: @escaping @Sendable ([String]) -> String
    ) -> @Sendable (TestStore) throws -> String {
        { test in change(try test.sign(test.claims()).split(separator: ".").map(String.init)) }
    }

    private static func nested(_ depth: Int) -> JSON { (0..<depth).reduce(JSON("end")) { inner, _ in [inner] } }

    private static let cases: [Case] = [
        Case("none", .unsupported, good { "eyJhbGciOiJub25lIn0.\($0[1])." }),
        Case("nOnE", .unsupported, good { "eyJhbGciOiJuT25FIn0.\($0[1]).\($0[2])" }),
        Case("JWE", .unsupported, { _ in "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA" }),
        Case("nested", .unsupported, header(.init("cty", "JWT"))),
        Case(
            "JSON serialization", .unsupported,
            good { #"{"payload":"\#($0[1])","protected":"\#($0[0])","signature":"\#($0[2])"}"# }),
        Case("crit", .unsupported, header(.init("crit", ["exp"]))),
        Case("b64", .unsupported, header(.init("b64", false))),
        Case("jku", .unsupported, header(.init("jku", "https://evil.example/keys"))),
        Case("x5u", .unsupported, header(.init("x5u", "https://evil.example/cert"))),
        Case("jwk", .unsupported, header(.init("jwk", ["kty": "oct"]))),
        Case("x5c", .unsupported, header(.init("x5c", ["AAAA"]))),
        Case("x5t", .unsupported, header(.init("x5t", "AAAA"))),
        Case("x5t#S256", .unsupported, header(.init("x5t#S256", "AAAA"))),
        Case("zip", .unsupported, header(.init("zip", "DEF"))),
        Case("a member twice in the header", .malformed, header(.init("typ", "at+jwt"))),
        Case(
            "a claim twice", .malformed,
            { test in
                let claims = try test.claims()
                return try test.sign(.object((claims.members ?? []) + [.init("sub", "admin")]))
            }),
        Case(
            "a claim's member twice, deep within", .malformed,
            claim(.init("a", .array([.object([.init("b", 1), .init("b", 2)])])))),
        Case("padding", .malformed, good { "\($0[0])=.\($0[1]).\($0[2])" }),
        Case("standard base64", .malformed, good { "\($0[0]).\($0[1]).\($0[2].dropLast(2))+/" }),
        Case(
            "stray bits", .malformed,
            good { parts in "\(parts[0]).\(parts[1]).\(parts[2].dropLast())\(strayed(parts[2]))" }),
        Case("a line break", .malformed, good { "\($0[0]).\($0[1]).\n\($0[2])" }),
        Case("a fraction of a second", .malformed, claim(.init("exp", 1_767_226_000.5))),
        Case("a time as text", .malformed, claim(.init("exp", "1767226000"))),
        Case("a negative time", .malformed, claim(.init("nbf", -1))),
        Case("a time past 9999", .malformed, claim(.init("exp", 253_402_300_800))),
        Case("over 8 KiB", .malformed, claim(.init("pad", .string(String(repeating: "x", count: 8192))))),
        Case("nesting over 8", .malformed, claim(.init("deep", nested(9)))),
        Case("four parts", .malformed, good { "\($0[0]).\($0[1]).\($0[2])." }),
        Case("two parts", .malformed, good { "\($0[0]).\($0[1])" }),
        Case("a NUL inside", .malformed, good { "\($0[0]).\($0[1]).\($0[2])\u{0}" }),
        Case(
            "not UTF-8 in a claim", .malformed,
            { test in
                let parts = try test.sign(test.claims()).split(separator: ".").map(String.init)
                return "\(parts[0])." + Base64URL.encode([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) + ".\(parts[2])"
            }),
    ]

    /// The last character of an ES256 signature carries two bits of nothing.
    private static func strayed(_ part: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = part.last.flatMap(digits.firstIndex) ?? 0
        return String(digits[last | 1])
    }

    @Test(arguments: cases.indices)
    func `is refused by verify, inactive to introspection, and told apart by inspect`(_ number: Int) throws {
        let one = Self.cases[number]
        let test = try TestStore()
        let bytes = Array(try one.make(test).utf8)
        #expect(try test.read { try $0.verify(bytes).verdict } == .inactive(one.reason), "\(one.name)")
        #expect(try test.read { try $0.introspect(bytes).text } == #"{"active":false}"#, "\(one.name)")
        let inspection = try test.read { try $0.inspect(bytes) }
        #expect(inspection.verification.verdict == .inactive(one.reason), "\(one.name)")
        #expect(!inspection.verification.isSigned && !inspection.what.isEmpty, "\(one.name)")
    }

    @Test func `the token that all of these were made from is good`() throws {
        let test = try TestStore()
        #expect(try test.verify(test.sign(test.claims())) == .active)
    }

    @Test func `any bytes have an answer from each, and never a claim as verified`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        var random = SeededRandom(11)
        for token in [login.access?.text ?? "", login.sessionToken, login.refreshToken ?? ""] {
            for _ in 0..<150 {
                var bytes = Array(token.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    switch random.next() % 3 {
                    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: at)
                    default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                    }
                }
                guard bytes != Array(token.utf8) else { continue }
                let inspection = try test.read { try $0.inspect(bytes) }
                // Crockford base32 reads capitals as well: the same token in another spelling.
                guard inspection.verification.verdict == .active else { continue }
                #expect(String(decoding: bytes, as: UTF8.self).lowercased() == token)
            }
        }
    }
}
