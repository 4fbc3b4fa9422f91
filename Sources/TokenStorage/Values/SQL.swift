/// A statement: text with `$1`, `$2`, … and the values bound to them, in that order.
///
/// Interpolating a value *binds* it: `"SELECT … WHERE id = \(id)"` never splices `id` into the text, so no value can
/// become SQL. Interpolating another `SQL` puts its text in place and numbers its parameters on. Text that is no value,
/// such as a column to sort by, is `\(raw: "…")`, which takes only literals of the program.
package struct SQL: ExpressibleByStringInterpolation, Equatable, Sendable {
    /// As the engine sees it.
    package private(set) var text: String
    package private(set) var values: [SQLValue] = []
    /// Where each `$n` starts in the text, in UTF-8 bytes: what concatenation needs to number anew.
    private var placeholders: [Int] = []
    /// Whether the text stays the same from call to call, so that keeping the prepared statement pays. A list's does not.
    private(set) var isStable = true

    package init(stringLiteral value: StaticString) {
        text = value.description
    }

    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    private init(text: String) {
        self.text = text
    }

    /// The values in parentheses, `($3, $4)`, for `IN`. An empty list is a subquery without rows: `IN` finds nothing in it
    /// and `NOT IN` everything, in SQLite and PostgreSQL alike.
    package static func list(_ values: some Sequence<some SQLBindable>) -> SQL {
        var list = SQL(text: "(")
        list.isStable = false
        for value in values {
            if !list.values.isEmpty { list.text += ", " }
            list.bind(value.sqlValue)
        }
        guard !list.values.isEmpty else { return "(SELECT NULL WHERE 1 = 0)" }
        list.text += ")"
        return list
    }

    package static func + (lhs: SQL, rhs: SQL) -> SQL {
        var joined = lhs
        joined.append(rhs)
        return joined
    }

    package static func += (lhs: inout SQL, rhs: SQL) {
        lhs.append(rhs)
    }

    private mutating func bind(_ value: SQLValue) {
        placeholders.append(text.utf8.count)
        values.append(value)
        text += "$\(values.count)"
    }

    private mutating func append(_ other: SQL) {
        isStable = isStable && other.isStable
        var rest = other.text.utf8[...]
        var consumed = 0
        for (index, (start, value)) in zip(other.placeholders, other.values).enumerated() {
            text += String(Substring(rest.prefix(start - consumed)))
            bind(value)
            let end = start + "$\(index + 1)".utf8.count
            rest = rest.dropFirst(end - consumed)
            consumed = end
        }
        text += String(Substring(rest))
    }
}

extension SQL {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = SQL(text: "")

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            sql.values.reserveCapacity(interpolationCount)
            sql.placeholders.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            sql.text += literal.description
        }

        package mutating func appendInterpolation(_ value: some SQLBindable) {
            sql.bind(value.sqlValue)
        }

        /// `nil` binds NULL. Spelt out beside the one above, or the compiler warns of an optional in a text.
        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            sql.bind(value.sqlValue)
        }

        package mutating func appendInterpolation(_ fragment: SQL) {
            sql.append(fragment)
        }

        package mutating func appendInterpolation(raw literal: StaticString) {
            sql.text += literal.description
        }
    }
}
