extension SQLValue: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { self }
    package init(sqlValue: SQLValue) throws(StorageError) { self = sqlValue }
}

/// Read from -2^53 to 2^53; any other is corrupt. Nothing that is counted comes there, JSON knows no other whole numbers
/// (RFC 7493 §2.2), and a sum or difference of two such can never overflow.
extension Int64: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .integer(self) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        guard case .integer(let value) = sqlValue else { throw .unexpected(sqlValue, expected: "integer") }
        try self.init(stored: value)
    }

    init(stored value: Int64) throws(StorageError) {
        guard value.magnitude <= 1 << 53 else {
            throw StorageError(.corrupt, "a number beyond what can be counted")
        }
        self = value
    }
}

extension Int: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .integer(Int64(self)) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        let value = try Int64(sqlValue: sqlValue)
        guard let exact = Int(exactly: value) else {
            throw StorageError(.corrupt, "the integer is too large for this machine")
        }
        self = exact
    }
}

/// Stored as 0 or 1; any other integer is corrupt.
extension Bool: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        switch sqlValue {
        case .integer(0): self = false
        case .integer(1): self = true
        case .integer: throw StorageError(.corrupt, "expected 0 or 1, found another integer")
        default: throw .unexpected(sqlValue, expected: "integer")
        }
    }
}

extension Double: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .real(self) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        guard case .real(let value) = sqlValue else { throw .unexpected(sqlValue, expected: "real") }
        self = value
    }
}

extension String: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .text(self) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        guard case .text(let value) = sqlValue else { throw .unexpected(sqlValue, expected: "text") }
        self = value
    }
}

extension [UInt8]: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .blob(self) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        guard case .blob(let value) = sqlValue else { throw .unexpected(sqlValue, expected: "blob") }
        self = value
    }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
    package init(sqlValue: SQLValue) throws(StorageError) {
        self = sqlValue == .null ? nil : try Wrapped(sqlValue: sqlValue)
    }
}
