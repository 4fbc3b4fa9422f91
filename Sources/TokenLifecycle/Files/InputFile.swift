internal import Glibc

/// Reading a file that somebody else wrote: never more than expected, never a device that does not end.
package enum InputFile {
    /// The bytes of the regular file (or pipe, as from process substitution) at `path`; links are followed.
    ///
    /// Fails with `.absent`, `.notPermitted`, `.malformed` for a directory or more than `limit` bytes, `.io`.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw Failure(.usage, "an input file needs a name") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw unopened(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFIFO: break
        case S_IFDIR: throw Failure(.malformed, "\(path) is a directory", target: path)
        default: throw Failure(.malformed, "\(path) is not a regular file", target: path)
        }
        return try readAll(descriptor, limit: limit, path: path)
    }

    private static func readAll(_ descriptor: CInt, limit: Int, path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= limit else {
                throw Failure(.malformed, "\(path) is larger than \(limit) bytes", target: path)
            }
            bytes += chunk[..<count]
        }
    }

    private static func unopened(_ path: String) -> Failure {
        switch errno {
        case ENOENT, ENOTDIR: Failure(.absent, "no file \(path)", target: path)
        case EACCES, EPERM: Failure(.notPermitted, "not permitted to read \(path)", target: path)
        default: unreadable(path)
        }
    }

    private static func unreadable(_ path: String) -> Failure {
        Failure(.io, "cannot read \(path): \(systemReason())", target: path)
    }
}
