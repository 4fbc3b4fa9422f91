internal import GRDB

extension Database {
    /// Lets statements of `body` ask the program about an integer, `name(session_id)`: for sets too large to bind or to join.
    ///
    /// `name` is known to this connection alone, and to nothing after `body`.
    package func asking<T>(
        _ name: StaticString, _ predicate: @escaping @Sendable (Int64) -> Bool, _ body: () throws -> T
    ) throws -> T {
        let function = DatabaseFunction(name.description, argumentCount: 1, pure: true) { values in
            Int64.fromDatabaseValue(values[0]).map(predicate)
        }
        try exclusively { $0.add(function: function) }
        let result = Result { try body() }
        try exclusively { $0.remove(function: function) }
        return try result.get()
    }
}
