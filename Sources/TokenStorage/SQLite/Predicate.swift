internal import CSQLite
internal import GRDB

/// What a statement may ask the program about an integer, `name(session_id)`: for sets too large to bind or to join. Known to
/// one connection alone, and to nothing after `body`.
extension Database {
    package func asking<T>(
        _ name: StaticString, _ predicate: @escaping @Sendable (Int64) -> Bool, _ body: () throws -> T
    ) throws -> T {
        try exclusively { try $0.define(name, predicate) }
        let result = Result { try body() }
        try exclusively { try $0.undefine(name) }
        return try result.get()
    }
}

extension GRDB.Database {
    private final class Question {
        let predicate: @Sendable (Int64) -> Bool

        init(_ predicate: @escaping @Sendable (Int64) -> Bool) {
            self.predicate = predicate
        }
    }

    /// Without GRDB's conversions on the way, which take longer than the rest of a statement that asks of every row. What is
    /// no integer is answered with NULL.
    fileprivate func define(_ name: StaticString, _ predicate: @escaping @Sendable (Int64) -> Bool) throws {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY
        let code = sqlite3_create_function_v2(
            sqliteConnection, name.description, 1, flags, Unmanaged.passRetained(Question(predicate)).toOpaque(),
            { context, _, values in
                guard let value = values?[0], sqlite3_value_type(value) == SQLITE_INTEGER,
                    let question = sqlite3_user_data(context)
                else { return }
                let predicate = Unmanaged<Question>.fromOpaque(question).takeUnretainedValue().predicate
                sqlite3_result_int(context, predicate(sqlite3_value_int64(value)) ? 1 : 0)
            }, nil, nil, { question in question.map { Unmanaged<Question>.fromOpaque($0).release() } })
        guard code == SQLITE_OK else { throw StorageError(sqlite: code, "cannot define \(name)") }
    }

    fileprivate func undefine(_ name: StaticString) throws {
        let code = sqlite3_create_function_v2(
            sqliteConnection, name.description, 1, SQLITE_UTF8, nil, nil, nil, nil, nil)
        guard code == SQLITE_OK else { throw StorageError(sqlite: code, "cannot forget \(name)") }
    }
}
