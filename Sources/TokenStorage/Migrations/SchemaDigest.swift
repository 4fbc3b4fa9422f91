internal import TokenCrypto

/// A digest of everything the schema says: the text of every table, index, view and trigger.
///
/// It is recorded with each step and compared when a database is opened, so a schema that somebody edited is noticed
/// before anything relies on it. Objects that SQLite makes itself (`sqlite_…`: automatic indexes, statistics) follow from
/// the others, or come and go with ANALYZE, and are left out.
enum SchemaDigest {
    /// SHA-256 over type, name, table and text of each object, in lower-case hex.
    static func compute(_ transaction: any ReadTransaction) throws -> String {
        var bytes: [UInt8] = []
        try transaction.forEach(schemaObjects) { row in
            for column in 0..<4 {
                // The length goes first, so that no two schemas read the same.
                let field = Array(try row.get(column, as: String.self).utf8)
                withUnsafeBytes(of: UInt32(field.count).bigEndian) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: field)
            }
            return true
        }
        return SHA256.hash(bytes).hexText
    }

    static let schemaObjects: SQL = """
        SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
        WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name
        """
}
