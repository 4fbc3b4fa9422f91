import Testing

@testable import TokenLifecycle

@Suite struct CrockfordTests {
    @Test func `bytes of every length come back`() {
        var random = SeededRandom(11)
        for count in 0..<70 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let digits = Crockford.encode(bytes)
            #expect(digits.utf8.count == (count * 8 + 4) / 5)
            #expect(Crockford.decode(Array(digits.utf8), count: count) == bytes)
        }
    }

    @Test func `known values`() {
        #expect(Crockford.encode([]) == "")
        #expect(Crockford.encode([0xFF]) == "zw")
        #expect(Crockford.encode(Array("foobar".utf8)) == "csqpyrk1e8")
        #expect(Crockford.encode([0, 0, 0, 0, 0]) == "00000000")
    }

    @Test(arguments: ["zx", "zz", "z1"])
    func `padding bits that are not zero are refused`(_ digits: String) {
        #expect(Crockford.decode(Array(digits.utf8), count: 1) == nil)
    }

    @Test(arguments: ["ZW", "iw", "lw", "ow", "uw", "z-", "z", "zw0", "z\u{0}"])
    func `foreign digits, upper case and other lengths are refused`(_ digits: String) {
        #expect(Crockford.decode(Array(digits.utf8), count: 1) == nil)
    }

    @Test func `the checksum is that of zlib and PNG`() {
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.checksum([]) == 0)
        #expect(CRC32.checksum([0, 0, 0, 0]) == 0x2144_DF1C)
    }
}
