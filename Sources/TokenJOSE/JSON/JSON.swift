/// A JSON value as the text had it: members keep their order, integers stay integers.
package enum JSON: Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits; everything else is `number`.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }

        package static func == (left: Member, right: Member) -> Bool {
            left.name.isIdentical(to: right.name) && left.value == right.value
        }
    }
}

extension JSON: Equatable {
    package static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isIdentical(to: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension String {
    /// Whether both are the same code points (RFC 8259 §8.3, RFC 7519 §2). Swift's `==` also takes canonically equivalent
    /// text for equal, so that "K" would be the Kelvin sign: too generous for names that decide about access.
    package func isIdentical(to other: String) -> Bool {
        // Short names differ in length more often than not, which is a look at each.
        guard utf8.count == other.utf8.count, self == other else { return false }
        // What is equivalent to ASCII and is not it takes more bytes; only other text can be equal, as long, and different.
        return utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
    }
}

extension JSON {
    /// The member of that name; nil when there is none, or when this is no object.
    package subscript(name: String) -> JSON? {
        members?.first { $0.name.isIdentical(to: name) }?.value
    }

    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var arrayValue: [JSON]? { if case .array(let values) = self { values } else { nil } }
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// Either kind of number.
    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// Keeps the order of the literal.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0, $1) })
    }
}
