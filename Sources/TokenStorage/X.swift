internal import GRDB
internal import CSQLite
internal import Migrations
package func y() -> Int { migrationSteps.count }
package func z() -> String { String(cString: sqlite3_libversion()) }
package func w() throws -> Int { try DatabaseQueue().read { try Int.fetchOne($0, sql: "select 1") ?? 0 } }
