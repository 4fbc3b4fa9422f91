internal import CSQLite

/// The SQLite this process runs with, which is the machine's.
package enum SQLiteLibrary {
    package static var version: String { String(cString: sqlite3_libversion()) }

    /// Whether a *passive* checkpoint can lose a commit (fixed in 3.51.3, 3.50.7 and 3.44.6). We never run one; other
    /// programs that share the file do, by default.
    package static var hasWALResetBug: Bool { hasWALResetBug(version: Int(sqlite3_libversion_number())) }

    /// `version` as SQLite numbers it: 3.44.6 is 3044006.
    static func hasWALResetBug(version: Int) -> Bool {
        switch version {
        case 3_044_000..<3_045_000: version < 3_044_006
        case 3_050_000..<3_051_000: version < 3_050_007
        default: version < 3_051_003
        }
    }
}
