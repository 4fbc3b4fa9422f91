internal import Migrations
internal import TokenCrypto

/// One step of the schema: a name and the SQL that takes the step before to this one.
///
/// The number of steps is the schema version. A database remembers each step it has taken with its checksum, so a step that
/// was edited after it was applied is noticed.
package struct MigrationStep: Equatable, Sendable {
    package let name: String
    /// Statements of the engine's own dialect; run in one transaction.
    package let sql: String
    /// SHA-256 of `sql`, in lower-case hex.
    package let checksum: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
        self.checksum = SHA256.hash(Array(sql.utf8)).hexText
    }

    /// The steps of this program, from `migrations/`, embedded when it was built.
    package static let embedded: [MigrationStep] = migrationSteps.map { step in
        MigrationStep(name: step.name, sql: String(decoding: step.sql, as: UTF8.self))
    }
}

extension [UInt8] {
    /// Lower-case hex.
    var hexText: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
