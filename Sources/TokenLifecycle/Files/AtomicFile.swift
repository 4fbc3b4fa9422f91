internal import Glibc

/// Writing a file whole or not at all.
package enum AtomicFile {
    /// Writes `bytes` to a new file beside `path`, syncs it, and puts it in the place of `path` in one step.
    ///
    /// A reader sees the old file or the new one, also after a crash. What stands at `path` must be a regular file or
    /// nothing: never a link, whose target someone else may have chosen. `mode` holds whatever the umask is.
    ///
    /// Fails with `.notPermitted` for a link, `.cannotCreate` when the file cannot be made, `.io` when writing fails.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(Failure) {
        try refuseAnythingButAFile(at: path)
        let directory =
            path.contains("/") ? String(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)) : "./"
        let temporary = try makeBeside(path, mode: mode)
        do throws(Failure) {
            try fill(temporary.descriptor, with: bytes, mode: mode, path: path)
            guard rename(temporary.path, path) == 0 else { throw failure(.cannotCreate, "cannot put", path) }
        } catch {
            unlink(temporary.path)
            throw error
        }
        try syncDirectory(directory, path: path)
    }

    private static func refuseAnythingButAFile(at path: String) throws(Failure) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw Failure(.usage, "an output file needs a name") }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure(.cannotCreate, "cannot write", path) }
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFLNK:
            throw Failure(.notPermitted, "\(path) is a link", hint: "name the file itself", target: path)
        case S_IFDIR: throw Failure(.cannotCreate, "\(path) is a directory", target: path)
        default: throw Failure(.cannotCreate, "\(path) is not a regular file", target: path)
        }
    }

    /// A new file of a random name in the same directory, because `rename` is atomic only within a file system.
    private static func makeBeside(_ path: String, mode: UInt32) throws(Failure) -> (path: String, descriptor: CInt) {
        for _ in 0..<16 {
            let candidate = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
            let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            if descriptor >= 0 { return (candidate, descriptor) }
            guard errno == EEXIST else { break }
        }
        throw failure(
            errno == EACCES || errno == EPERM || errno == EROFS ? .notPermitted : .cannotCreate, "cannot write", path)
    }

    /// Closes the descriptor on every way out.
    private static func fill(_ descriptor: CInt, with bytes: [UInt8], mode: UInt32, path: String) throws(Failure) {
        var written = 0
        var isWhole = fchmod(descriptor, mode) == 0
        while isWhole, written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { isWhole = false }
        }
        isWhole = isWhole && fsync(descriptor) == 0
        let reason = errno
        let closed = close(descriptor) == 0
        guard isWhole, closed else {
            errno = isWhole ? errno : reason
            throw failure(.io, "cannot write", path)
        }
    }

    /// Makes the rename itself durable.
    private static func syncDirectory(_ directory: String, path: String) throws(Failure) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A directory that may be written but not read: the file itself is synced.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw failure(.io, "cannot sync the directory of", path)
        }
    }

    private static func failure(_ kind: Failure.Kind, _ what: String, _ path: String) -> Failure {
        Failure(kind, "\(what) \(path): \(systemReason())", target: path)
    }
}

/// What the system says about `errno`, lower case as all our texts are.
package func systemReason(_ code: CInt = errno) -> String {
    String(cString: strerror(code)).lowercased()
}
