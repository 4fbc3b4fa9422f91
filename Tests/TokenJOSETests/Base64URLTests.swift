import Testing
import TokenJOSE

@Suite struct Base64URLTests {
    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")])
    func `the examples of RFC 4648 §10, without padding`(_ plain: String, _ encoded: String) throws {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(try Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `every byte survives, at every position`() throws {
        for shift in 0..<3 {
            let bytes = [UInt8](repeating: 0, count: shift) + (0...255).map { UInt8($0) }
            #expect(try Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
    }

    @Test(
        arguments: [
            ("Zg==", .invalidByte), ("Zm8=", .invalidByte), ("Zm9v\n", .invalidLength), ("Zm 9", .invalidByte),
            (" Zm9v", .invalidLength), ("+_-_", .invalidByte), ("-/-_", .invalidByte), ("Zm9.", .invalidByte),
            ("Z", .invalidLength), ("Zm9vY", .invalidLength), ("Zh", .strayBits), ("Zm9", .strayBits),
            ("Zm9vYh", .strayBits),
            ("Zm9é", .invalidLength), ("\u{0}m9v", .invalidByte),
        ] as [(String, Base64URLError)])
    func `every other spelling is refused`(_ text: String, _ error: Base64URLError) {
        #expect(throws: error) { try Base64URL.decode(text) }
    }
}
