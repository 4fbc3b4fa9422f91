/// A value as SQLite stores it: one of its five storage classes.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    /// Text by its class, and no UTF-8: only somebody past this program can have written it. Corrupt to every reader, and
    /// told where it is read, so that one bad value hides neither its row nor those after it.
    case malformedText([UInt8])
    case blob([UInt8])

    /// The storage class, for messages: never the value.
    var storageClass: String {
        switch self {
        case .null: "null"
        case .integer: "integer"
        case .real: "real"
        case .text, .malformedText: "text"
        case .blob: "blob"
        }
    }
}

/// A type whose values can be bound to a statement.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

/// A type that can be read from a column.
///
/// Reading never converts: a column that holds another storage class than the type expects is `StorageError.corrupt`,
/// because tables are STRICT and it cannot happen in a sound file. The error names the column and the storage classes,
/// never the value.
package protocol SQLDecodable {
    init(sqlValue: SQLValue) throws(StorageError)
}

extension StorageError {
    /// A column holds another storage class than its reader expects; `Row` puts the column's name in front.
    package static func unexpected(_ found: SQLValue, expected: String) -> StorageError {
        if case .malformedText = found { return StorageError(.corrupt, "the text is not UTF-8") }
        return StorageError(.corrupt, "expected \(expected), found \(found.storageClass)")
    }
}
