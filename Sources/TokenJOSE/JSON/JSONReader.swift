/// The strict reader behind `JSON.init(parsing:)`: RFC 8259, and nothing that two readers could understand differently.
///
/// Works on memory it is lent. String values of members whose name is in `withholding` are checked but not copied into the
/// tree, which has an empty string in their place: where they lie is recorded in `withheld`, so that a private key's numbers
/// go from one wiped buffer to the next.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private let limits: JSONLimits
    private let withholding: Set<String>
    private var position = 0
    private var depth = 0
    private var path: [String] = []

    /// Ranges of withheld strings without their quotes, by JSON Pointer (RFC 6901).
    private(set) var withheld: [String: Range<Int>] = [:]

    init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits, withholding: Set<String> = []) {
        self.bytes = bytes
        self.limits = limits
        self.withholding = withholding
    }

    /// Reads the one value that must fill the whole text.
    mutating func read() throws(JSONError) -> JSON {
        guard bytes.count <= limits.maximumBytes else {
            throw JSONError(reason: .tooLarge, offset: limits.maximumBytes)
        }
        guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else { throw JSONError(reason: .byteOrderMark, offset: 0) }
        if let offset = UTF8Check.firstInvalidByte(in: bytes) { throw JSONError(reason: .invalidUTF8, offset: offset) }
        skipWhitespace()
        guard position < bytes.count else { throw failure(.empty) }
        let value = try readValue()
        skipWhitespace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    // MARK: Values

    private mutating func readValue() throws(JSONError) -> JSON {
        switch try current() {
        case UInt8(ascii: "{"): try readObject()
        case UInt8(ascii: "["): try readArray()
        case UInt8(ascii: "\""): .string(text(of: try readString()))
        case UInt8(ascii: "t"): try readWord("true", .bool(true))
        case UInt8(ascii: "f"): try readWord("false", .bool(false))
        case UInt8(ascii: "n"): try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        default: throw failure(.unexpectedByte)
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount {
            guard try current() == word.utf8Start[index] else { throw failure(.unexpectedByte) }
            position += 1
        }
        return value
    }

    private mutating func readArray() throws(JSONError) -> JSON {
        try descend()
        defer { depth -= 1 }
        var values: [JSON] = []
        skipWhitespace()
        if try current() == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            if !withholding.isEmpty { path.append(String(values.count)) }
            values.append(try readValue())
            _ = path.popLast()
            guard try readSeparator(orEnd: UInt8(ascii: "]")) else { return .array(values) }
        }
    }

    private mutating func readObject() throws(JSONError) -> JSON {
        try descend()
        defer { depth -= 1 }
        skipWhitespace()
        if try current() == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        var members: [JSON.Member] = []
        // As many as an access token has: most objects grow no further.
        members.reserveCapacity(12)
        var names = NameSet()
        while true {
            let start = position
            guard try current() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let name = text(of: try readString())
            guard names.isNew(name, beside: members) else { throw JSONError(reason: .duplicateMember, offset: start) }
            skipWhitespace()
            guard try current() == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
            position += 1
            skipWhitespace()
            members.append(JSON.Member(name, try readMember(name)))
            guard try readSeparator(orEnd: UInt8(ascii: "}")) else { return .object(members) }
        }
    }

    private mutating func readMember(_ name: String) throws(JSONError) -> JSON {
        guard !withholding.isEmpty else { return try readValue() }
        path.append(name)
        defer { path.removeLast() }
        guard withholding.contains(name), try current() == UInt8(ascii: "\"") else { return try readValue() }
        withheld[JSONPointer.text(path)] = try readString().range
        return .string("")
    }

    /// Whether another element follows; otherwise the end was read.
    private mutating func readSeparator(orEnd end: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        let byte = try current()
        guard byte == end || byte == UInt8(ascii: ",") else { throw failure(.unexpectedByte) }
        let comma = position
        position += 1
        guard byte != end else { return false }
        skipWhitespace()
        guard try current() != end else { throw JSONError(reason: .trailingComma, offset: comma) }
        return true
    }

    private mutating func descend() throws(JSONError) {
        guard depth < limits.maximumDepth else { throw failure(.nestingTooDeep) }
        depth += 1
        position += 1
    }

    // MARK: Strings

    private mutating func readString() throws(JSONError) -> JSONString {
        let string = try JSONString(in: bytes, openingAt: position)
        position = string.range.upperBound + 1
        return string
    }

    private func text(of string: JSONString) -> String {
        string.text(in: bytes)
    }

    // MARK: Numbers

    private mutating func readNumber() throws(JSONError) -> JSON {
        let number = try JSONNumber(in: bytes, at: position)
        position = number.range.upperBound
        return number.value
    }

    // MARK: Bytes

    private func current() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw failure(.unexpectedEnd) }
        return bytes[position]
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private func failure(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: position)
    }
}

/// Finds a second use of a name in one object. A few are compared one by one; many, which only hostile texts have, are hashed.
private struct NameSet {
    private var many: Set<[UInt8]> = []

    /// Whether none of the members has the name. Names are the same when their code points are, after escapes were undone.
    mutating func isNew(_ name: String, beside members: [JSON.Member]) -> Bool {
        guard members.count >= 16 else { return !members.contains { $0.name.isIdentical(to: name) } }
        if many.isEmpty { many = Set(members.map { Array($0.name.utf8) }) }
        return many.insert(Array(name.utf8)).inserted
    }
}

/// The text form of a path (RFC 6901 §3).
enum JSONPointer {
    static func text(_ path: [String]) -> String {
        var text = ""
        for step in path {
            text += "/"
            for character in step.unicodeScalars {
                switch character {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(character)
                }
            }
        }
        return text
    }
}
