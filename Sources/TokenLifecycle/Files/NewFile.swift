internal import Glibc

/// Writes a file that must not be there yet, whole or not at all: for secrets that nothing may overwrite.
enum NewFile {
    /// False where a file of that name appeared first. Mode 0600 whatever the umask; never through a link.
    static func write(_ bytes: [UInt8], to path: String, makingFolders: Bool) throws(Failure) -> Bool {
        if makingFolders { try Files.makeFolders(above: path) }
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        try AtomicFile.write(bytes, to: draft, mode: 0o600)
        defer { unlink(draft) }
        // link(2) is the only way to give a finished file its name without taking the name from another.
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw Failure(.cannotCreate, "cannot create \(path): \(systemReason())", target: path)
        }
        return true
    }
}
