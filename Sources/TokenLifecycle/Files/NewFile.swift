/// Writes a file that must not be there yet, whole or not at all: for secrets that nothing may overwrite.
enum NewFile {
    /// False where a file of that name appeared first. Mode 0600 whatever the umask; never through a link.
    static func write(_ bytes: [UInt8], to path: String, makingFolders: Bool) throws(Failure) -> Bool {
        if makingFolders { try Files.makeFolders(above: path) }
        return try AtomicFile.create(bytes, at: path, mode: 0o600)
    }
}
