internal import TokenCrypto
internal import TokenStorage

package enum Version {
    /// The version, in its one place: man pages, the Debian package and the library's documentation take it from here.
    package static let current = "0.1.0-dev"

    /// The libraries of the machine that this process runs with: most of what a version says about a defect is theirs.
    package static var libraries: String { "SQLite \(SQLiteLibrary.version), \(OpenSSLInfo.version)" }
}
