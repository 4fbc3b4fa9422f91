internal import CSQLite

/// A prepared statement with its values bound, from the first step to the reset. GRDB owns the handle.
struct BoundStatement {
    private let handle: OpaquePointer
    private let text: String

    init(_ handle: OpaquePointer, of sql: SQL) throws(StorageError) {
        self.handle = handle
        self.text = sql.text
        guard Int(sqlite3_bind_parameter_count(handle)) == sql.values.count else {
            throw StorageError(.bug, "the statement has parameters without a value", sql: sql.text)
        }
        for (position, value) in zip(Int32(1)..., sql.values) {
            try bind(value, at: position)
        }
    }

    var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    /// Whether there is a row.
    func step() throws(StorageError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw failure(code)
        }
    }

    /// The row of the last step.
    func row() -> [SQLValue] {
        let count = sqlite3_column_count(handle)
        var values: [SQLValue] = []
        values.reserveCapacity(Int(count))
        for column in 0..<count {
            values.append(value(at: column))
        }
        return values
    }

    /// The first column of the last step's row, where it holds an integer.
    var integer: Int64? {
        sqlite3_column_type(handle, 0) == SQLITE_INTEGER ? sqlite3_column_int64(handle, 0) : nil
    }

    func reset() {
        // Both repeat the error of the last step, which has been thrown already.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    private func bind(_ value: SQLValue, at position: Int32) throws(StorageError) {
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, position)
            case .integer(let integer): sqlite3_bind_int64(handle, position, integer)
            case .real(let real): sqlite3_bind_double(handle, position, real)
            case .text(let text): try bind(text, at: position)
            case .malformedText: throw StorageError.unexpected(value, expected: "text")
            case .blob(let bytes):
                bytes.withUnsafeBytes { csqlite_bind_blob(handle, position, $0.baseAddress, UInt64($0.count)) }
            }
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func bind(_ text: String, at position: Int32) throws(StorageError) -> Int32 {
        // Other readers of the file, and other engines, end text at NUL: two names could become one.
        guard !text.utf8.contains(0) else {
            throw StorageError(.malformed, "text contains a NUL character", sql: self.text)
        }
        var text = text
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                csqlite_bind_text(handle, position, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    private func value(at column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(handle, column)
            let utf8 = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
            guard start != nil else { return .malformedText([]) }
            return String(validating: utf8, as: UTF8.self).map(SQLValue.text) ?? .malformedText(Array(utf8))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
        default:
            return .null
        }
    }

    private func failure(_ code: Int32) -> StorageError {
        let connection = sqlite3_db_handle(handle)
        let message = sqlite3_errmsg(connection).map { String(cString: $0) }
        return StorageError(sqlite: code, message, sql: text).unlessUnreadable(on: connection)
    }
}
