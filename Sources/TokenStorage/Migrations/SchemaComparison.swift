internal import GRDB

extension Database {
    /// What differs between the schema of this database and the one that `steps` make, a line per object: for `doctor`,
    /// which has the time to build the schema anew and say what was altered, not only that something was.
    package func schemaDifferences(from steps: [MigrationStep]) throws -> [String] {
        let expected = try Self.objects(madeBy: steps)
        let found = try read { try Self.objects($0) }
        return Set(expected.keys).union(found.keys).sorted().compactMap { name in
            switch (expected[name], found[name]) {
            case (_?, nil): "\(name) is missing"
            case (nil, _?): "\(name) is not ours"
            case (let expected, let found): expected == found ? nil : "\(name) was altered"
            }
        }
    }

    /// Text by "table session".
    private static func objects(_ transaction: any ReadTransaction) throws -> [String: String] {
        var objects: [String: String] = [:]
        try transaction.forEach(SchemaDigest.schemaObjects) { row in
            objects["\(try row.get(0, as: String.self)) \(try row.get(1, as: String.self))"] = try row.get(3)
            return true
        }
        return objects
    }

    private static func objects(madeBy steps: [MigrationStep]) throws -> [String: String] {
        try translatingErrors {
            try DatabaseQueue().writeWithoutTransaction { database in
                let transaction = SQLiteTransaction(database, LockWait(patience: .zero))
                defer { transaction.end() }
                var objects: [String: String] = [:]
                try database.inTransaction(.immediate) {
                    try Migrator.apply(steps, after: 0, to: database, transaction, at: 0)
                    objects = try Self.objects(transaction)
                    return .commit
                }
                return objects
            }
        }
    }
}
