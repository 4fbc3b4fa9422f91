/// What the storage seam throws: what kind of trouble (callers map it to an exit code), what happened, what to do.
///
/// `message` and `hint` are lower case, without a full stop, and never contain a bound value. The statement is kept apart
/// in `sql`, still with its `$1` parameters, for those who ask for it (`-vv`).
package struct StorageError: Error, Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// There is no file at the path.
        case absent
        /// A directory, an empty file, or a file that is no SQLite database.
        case notDatabase
        /// A SQLite database that belongs to another application.
        case foreignApplication
        /// Ours, but damaged; or a stored value that is not of the type its column promises.
        case corrupt
        /// Ours, but the schema, or a step that built it, is not what this program knows.
        case schemaAltered
        /// Ours, and steps of this program have not been applied yet.
        case needsMigration
        /// Ours, from a newer program.
        case newerSchema
        /// The path is a symbolic link.
        case link
        /// The operating system refuses the file or its directory.
        case notPermitted
        /// The connection was opened for reading only.
        case readOnly
        /// The file cannot be created here.
        case cannotCreate
        /// Something is at the path already.
        case exists
        /// Others held the lock for longer than `Options.lockTimeout`.
        case busy
        /// The disk, or a quota, is full.
        case full
        /// Reading or writing failed.
        case io
        /// Text that cannot be stored: it contains NUL, or is too long.
        case malformed
        /// A constraint of the schema refused the row.
        case constraint
        /// `Database.interrupt()` ended it; what it had changed is rolled back.
        case interrupted
        /// A mistake in the program: wrong SQL, an unknown column, a nested transaction.
        case bug
    }

    package var kind: Kind
    package var message: String
    package var hint: String?
    /// SQLite's extended result code (https://www.sqlite.org/rescode.html), where SQLite said no.
    package var sqliteCode: Int32?
    /// The statement, without its values.
    package var sql: String?

    package init(
        _ kind: Kind, _ message: String, hint: String? = nil, sqliteCode: Int32? = nil, sql: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.sqliteCode = sqliteCode
        self.sql = sql
    }
}
