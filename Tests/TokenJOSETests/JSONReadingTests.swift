import Foundation
import Testing
import TokenJOSE

@Suite struct JSONReadingTests {
    private static let suite = "vectors/JSONTestSuite/test_parsing"

    @Test(.withShared) func `every document that a parser must accept is accepted, but for duplicate members`() throws {
        let folder = Shared.folder.appending(path: Self.suite)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("y_") }
        #expect(names.count == 95)
        for name in names {
            let bytes = try Shared.bytes("\(Self.suite)/\(name)")
            if name.hasPrefix("y_object_duplicated_key") {
                // Knowingly: two readers of one token must not see two users.
                #expect(reason { _ = try JSON(parsing: bytes) } == .duplicateMember, "\(name)")
            } else {
                #expect(reason { _ = try JSON(parsing: bytes) } == nil, "\(name)")
                // Once written, `1e3` is 1000 and stays so.
                let written = try JSON(parsing: bytes).serialized
                #expect(try JSON(parsing: written).serialized == written, "\(name) does not survive a round trip")
            }
        }
    }

    private func reason(_ body: () throws -> Void) -> JSONError.Reason? {
        do { try body() } catch let error as JSONError { return error.reason } catch { Issue.record(error) }
        return nil
    }

    @Test(
        arguments: [
            ("", .empty, 0), ("  \n", .empty, 3),
            ("\u{feff}{}", .byteOrderMark, 0),
            ("{\"a\":1,\"a\":2}", .duplicateMember, 7),
            (#"{"a":1,"\u0061":2}"#, .duplicateMember, 7),
            (#"{"x":{"b":1,"c":2,"b":3}}"#, .duplicateMember, 18),
            ("[1,]", .trailingComma, 2), ("{\"a\":1,}", .trailingComma, 6),
            ("[1 2]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("{,}", .unexpectedByte, 1),
            ("{a:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
            ("{1:2}", .unexpectedByte, 1), ("[1}", .unexpectedByte, 2), ("{\"a\":1]", .unexpectedByte, 6),
            ("NaN", .unexpectedByte, 0), ("nan", .unexpectedByte, 1), ("Infinity", .unexpectedByte, 0),
            ("-Infinity", .invalidNumber, 1), ("+1", .unexpectedByte, 0), ("True", .unexpectedByte, 0),
            ("truth", .unexpectedByte, 3), ("/* */1", .unexpectedByte, 0), ("\u{a0}1", .unexpectedByte, 0),
            ("nul", .unexpectedEnd, 3), ("[", .unexpectedEnd, 1), ("{\"a\"", .unexpectedEnd, 4),
            ("[1", .unexpectedEnd, 2),
            ("\"abc", .unexpectedEnd, 4), ("\"\\", .unexpectedEnd, 2), ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2),
            ("1 2", .trailingBytes, 2), ("{}{}", .trailingBytes, 2), ("[]]", .trailingBytes, 2),
            ("1\u{0}", .trailingBytes, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1), ("\"\u{0}\"", .controlCharacter, 1),
            (#""\x41""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1), (#""\u12""#, .invalidEscape, 1),
            (#""\'""#, .invalidEscape, 1), (#""\U0041""#, .invalidEscape, 1),
            (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
            (#""\ud800\ud800""#, .loneSurrogate, 1),
            (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
            ("01", .leadingZero, 0), ("-01", .leadingZero, 1), ("[00]", .leadingZero, 1),
            (".5", .unexpectedByte, 0), ("1.e1", .invalidNumber, 2), ("1e", .unexpectedEnd, 2),
            ("[1e+]", .invalidNumber, 4),
            ("[-a]", .invalidNumber, 2), ("0x10", .trailingBytes, 1), ("1_000", .trailingBytes, 1),
            ("1e400", .numberOutOfRange, 0), ("[-1e400]", .numberOutOfRange, 1),
            ("[[[[[[[[[]]]]]]]]]", .nestingTooDeep, 8),
        ] as [(String, JSONError.Reason, Int)])
    func `what two readers could take differently is refused, with its place`(
        _ text: String, _ reason: JSONError.Reason, _ offset: Int
    ) {
        #expect(throws: JSONError(reason: reason, offset: offset)) { try JSON(parsing: text) }
    }

    @Test(
        arguments: [
            ([0x22, 0xff, 0x22], 1), ([0x22, 0xc0, 0xaf, 0x22], 1), ([0x22, 0xe0, 0x80, 0xaf, 0x22], 1),
            ([0x22, 0xed, 0xa0, 0x80, 0x22], 1), ([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 1),
            ([0x22, 0xf0, 0x80, 0x80, 0x80], 1),
            ([0x22, 0x61, 0xe2, 0x82], 2), ([0x22, 0xc3, 0x28, 0x22], 1), ([0x80], 0), ([0xff, 0xfe, 0x7b, 0x00], 0),
            ([0x22, 0xf5, 0x80, 0x80, 0x80, 0x22], 1), ([0x22, 0xc1, 0x81, 0x22], 1),
        ] as [([UInt8], Int)])
    func `bytes that are not UTF-8 are refused`(_ bytes: [UInt8], _ offset: Int) {
        #expect(throws: JSONError(reason: .invalidUTF8, offset: offset)) { try JSON(parsing: bytes) }
    }

    @Test func `limits hold exactly`() throws {
        let eight = String(repeating: "[", count: 8) + String(repeating: "]", count: 8)
        #expect(throws: Never.self) { try JSON(parsing: eight) }
        #expect(throws: JSONError(reason: .nestingTooDeep, offset: 2)) {
            try JSON(parsing: "[{}]".replacing("{}", with: "[[]]"), limits: JSONLimits(maximumDepth: 2))
        }
        #expect(throws: Never.self) { try JSON(parsing: "[12]", limits: JSONLimits(maximumBytes: 4)) }
        #expect(throws: JSONError(reason: .tooLarge, offset: 4)) {
            try JSON(parsing: "[123]", limits: JSONLimits(maximumBytes: 4))
        }
    }

    @Test func `many members are all compared`() throws {
        let names = (0..<100).map { "\"n\($0)\":0" }
        #expect(try JSON(parsing: "{\(names.joined(separator: ","))}").members?.count == 100)
        for repeated in [0, 15, 16, 99] {
            let text = "{\((names + ["\"n\(repeated)\":1"]).joined(separator: ","))}"
            #expect(reason { _ = try JSON(parsing: text) } == .duplicateMember)
        }
    }

    @Test func `numbers keep what they are`() throws {
        let cases: [(String, JSON)] = [
            ("0", 0), ("-0", 0), ("9223372036854775807", 9_223_372_036_854_775_807),
            ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("9223372036854775809", .number(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)), ("1.0", .number(1)), ("1e3", .number(1000)),
            ("-0.0", .number(-0.0)), ("0.1", .number(0.1)), ("1E-2", .number(0.01)), ("1e-400", .number(0)),
        ]
        for (text, value) in cases { #expect(try JSON(parsing: text) == value, "\(text)") }
    }

    @Test func `escapes and plain text give the same string`() throws {
        let escaped = try JSON(parsing: #""\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0000""#)
        #expect(escaped == .string("é😀\"\\/\u{8}\u{c}\n\r\t\u{0}"))
    }

    @Test func `names are compared by code points, not by looks`() throws {
        // U+212A is canonically equivalent to K, and Swift's == takes one for the other.
        let value = try JSON(parsing: "{\"\u{212a}\":1,\"K\":2}")
        #expect(value["K"] == 2)
        #expect(value["\u{212a}"] == 1)
        #expect(JSON.string("\u{212a}") != "K")
        #expect(try JSON(parsing: "{\"e\u{301}\":1,\"é\":2}").members?.count == 2)
    }

    @Test func `values are read by type`() throws {
        let value = try JSON(parsing: #"{"s":"x","i":1,"d":1.5,"b":true,"a":[null],"o":{}}"#)
        #expect(value["s"]?.stringValue == "x")
        #expect(value["i"]?.integerValue == 1)
        #expect(value["i"]?.doubleValue == 1)
        #expect(value["d"]?.doubleValue == 1.5)
        #expect(value["d"]?.integerValue == nil)
        #expect(value["b"]?.boolValue == true)
        #expect(value["a"]?.arrayValue == [.null])
        #expect(value["o"]?.members == [])
        #expect(value["none"] == nil)
        #expect(JSON.array([])["s"] == nil)
    }
}
