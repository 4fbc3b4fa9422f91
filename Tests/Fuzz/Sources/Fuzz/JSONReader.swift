internal import TokenCrypto
@testable import TokenJOSE

extension Reader {
    /// What is read and written again reads as the same, and the reader of texts with secrets agrees with the other one.
    static func json(_ bytes: [UInt8]) {
        do throws(JSONError) {
            let value = try JSON(parsing: bytes)
            for member in value.members ?? [] { mayBePlanted(member.value.stringValue) }
            promise(isSound(value, depth: 0), "json: deeper than allowed, or a member twice")
            let text = value.text
            promise(isSame(try JSON(parsing: text), value), "json: written again it is another value")
            promise(try JSON(parsing: text).text == text, "json: written twice it is another text")
            promise(try JSON(parsing: value.canonical).canonical == value.canonical, "json: two canonical forms")
            promise(try JSON(parsing: [0x20] + bytes + [0x0A]) == value, "json: blanks around it change it")
            promise(try secretly(bytes) == withheld(value), "json: withholding secrets changes the rest")
        } catch {
            promise((0...bytes.count).contains(error.offset), "json: an error outside the text")
            promiseSilence(error.description, about: bytes)
            do throws(JSONError) {
                _ = try secretly(bytes)
                fatalError("broken: json: refused, and yet read with secrets")
            } catch let other {
                promise(other == error, "json: another error with secrets")
            }
        }
    }

    private static let secretNames: Set<String> = ["d", "k"]

    private static func secretly(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        try SecretJSON(parsing: SecretBytes(copying: bytes), withholding: secretNames).tree
    }

    /// The value as `SecretJSON` has it: an empty string in place of each that is withheld.
    private static func withheld(_ value: JSON) -> JSON {
        switch value {
        case .array(let values): return .array(values.map(withheld))
        case .object(let members):
            return .object(
                members.map { member in
                    if secretNames.contains(where: member.name.isIdentical), member.value.stringValue != nil {
                        return JSON.Member(member.name, "")
                    }
                    return JSON.Member(member.name, withheld(member.value))
                })
        default: return value
        }
    }

    private static func isSound(_ value: JSON, depth: Int) -> Bool {
        guard depth <= JSONLimits.default.maximumDepth else { return false }
        switch value {
        case .array(let values): return values.allSatisfy { isSound($0, depth: depth + 1) }
        case .object(let members):
            return Set(members.map { Array($0.name.utf8) }).count == members.count
                && members.allSatisfy { isSound($0.value, depth: depth + 1) }
        case .number(let value): return value.isFinite
        default: return true
        }
    }

    /// Equal, but that `1.0` is written as `1` (RFC 8785 §3.2.2.3) and so comes back as an integer.
    static func isSame(_ left: JSON, _ right: JSON) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left == right
        case (.integer, .number), (.number, .integer), (.number, .number): left.doubleValue == right.doubleValue
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.name.isIdentical(to: $1.name) && isSame($0.value, $1.value) }
        default: left == right
        }
    }
}
