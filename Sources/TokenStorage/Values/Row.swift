/// One row of a result, copied out of the engine: it stays valid after its transaction.
package struct Row: Sendable {
    /// In the order of the statement.
    package let columns: [String]
    package let values: [SQLValue]

    package init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value in the column at a position, counted from 0.
    ///
    /// Throws `corrupt`, naming the column, when it holds another type; `bug` when there is no such column.
    package func get<Value: SQLDecodable>(
        _ column: Int, as type: Value.Type = Value.self
    ) throws(StorageError) -> Value {
        guard values.indices.contains(column) else {
            throw StorageError(.bug, "the row has no column \(column)")
        }
        do {
            return try Value(sqlValue: values[column])
        } catch {
            throw error.inColumn(Self.plainName(columns[column]))
        }
    }

    /// The value in the first column of that name.
    package func get<Value: SQLDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(StorageError) -> Value {
        guard let index = columns.firstIndex(of: column) else {
            throw StorageError(.bug, "the row has no column \(column)")
        }
        return try get(index)
    }
}

extension Row {
    /// What a message calls a column. A result that is computed is named by SQLite after its expression, and that is SQL: then
    /// the first column within it, which by our style is what stands there in lower case and is no call and no alias.
    static func plainName(_ name: String) -> String {
        guard name.contains(where: { !$0.isLetter && !$0.isNumber && $0 != "_" }) else { return name }
        let expression = name.replacing(/'[^']*'/, with: "")
        let column = expression.matches(of: /[A-Za-z_][A-Za-z_0-9]*/).first { word in
            let next = expression[word.range.upperBound...].first
            return word.output.first?.isLowercase == true && next != "(" && next != "."
        }
        return column.map { String($0.output) } ?? "of a computed value"
    }
}

extension StorageError {
    fileprivate func inColumn(_ name: String) -> StorageError {
        var error = self
        error.message = "column \(name): \(message)"
        return error
    }
}
