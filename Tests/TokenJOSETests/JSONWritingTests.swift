import Testing
import TokenJOSE

@Suite struct JSONWritingTests {
    @Test func `text keeps the order of members and whole integers`() {
        let value: JSON = ["z": 1, "a": [true, .null, "x"], "n": 1.5, "big": 9_007_199_254_740_993]
        #expect(value.text == #"{"z":1,"a":[true,null,"x"],"n":1.5,"big":9007199254740993}"#)
    }

    /// RFC 8785 §3.2.2 and §3.2.3.
    @Test func `canonical form of the RFC's example`() throws {
        let value = try JSON(
            parsing: #"""
                {
                  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                  "literals": [null, true, false]
                }
                """#)
        let expected =
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(String(decoding: value.canonical, as: UTF8.self) == expected)
    }

    @Test func `members are sorted by UTF-16 code units`() throws {
        let value = try JSON(
            parsing: #"""
                {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
                 "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
                """#)
        let order = try JSON(parsing: value.canonical).members?.compactMap(\.value.stringValue)
        #expect(
            order == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    /// RFC 8785 appendix B, by the bits of the double.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"), (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func `numbers as ECMAScript writes them`(_ bits: UInt64, _ expected: String) throws {
        let value = Double(bitPattern: bits)
        let text = JSON.number(value).text
        #expect(text == expected)
        #expect(Double(text) == value, "\(text) reads back as another number")
    }

    @Test func `whole integers beyond 2^53 are rounded in canonical form only`() {
        #expect(String(decoding: JSON.integer(9_007_199_254_740_993).canonical, as: UTF8.self) == "9007199254740992")
        #expect(String(decoding: JSON.integer(1 << 53).canonical, as: UTF8.self) == "9007199254740992")
        #expect(JSON.number(.infinity).text == "null")
    }

    @Test func `every control character is escaped and reads back`() throws {
        let text = String(String.UnicodeScalarView((0..<0x80).compactMap { Unicode.Scalar($0) })) + "\u{7f}\u{2028}é😀"
        let written = JSON.string(text).serialized
        #expect(written.allSatisfy { $0 >= 0x20 })
        #expect(try JSON(parsing: written) == .string(text))
    }
}
