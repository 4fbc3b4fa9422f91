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
        try put(bytes, to: path, mode: mode) { draft throws(Failure) in
            guard rename(draft, path) == 0 else { throw failure(.cannotCreate, "cannot put", path) }
        }
    }

    /// The same where nothing may be replaced. False where a file of that name is there, or appeared first.
    static func create(_ bytes: [UInt8], at path: String, mode: UInt32) throws(Failure) -> Bool {
        try refuseAnythingButAFile(at: path)
        var isOurs = true
        try put(bytes, to: path, mode: mode) { draft throws(Failure) in
            // link(2) is the only way to give a finished file its name without taking the name from another.
            isOurs = link(draft, path) == 0
            guard isOurs || errno == EEXIST else { throw failure(.cannotCreate, "cannot create", path) }
            unlink(draft)
        }
        return isOurs
    }

    /// The same for what others write by name: `fill` gets the path of an empty file beside `path`, 0600, and makes it durable;
    /// what it returns is returned once the file has its name. Nil where something has that name already.
    ///
    /// The file is locked meanwhile, so that nobody takes it for one whose maker was killed; what such a one left is removed.
    static func create<Made>(at path: String, _ fill: (String) throws -> Made) throws -> Made? {
        removeAbandoned(beside: path)
        let draft = try makeBeside(path, mode: 0o600)
        defer { close(draft.descriptor) }
        let made: Made
        let isOurs: Bool
        do {
            defer { unlink(draft.path) }
            guard fchmod(draft.descriptor, 0o600) == 0 else { throw failure(.cannotCreate, "cannot create", path) }
            made = try fill(draft.path)
            isOurs = link(draft.path, path) == 0
            guard isOurs || errno == EEXIST else { throw failure(.cannotCreate, "cannot create", path) }
        }
        try syncDirectory(of: path)
        return isOurs ? made : nil
    }

    private static func put(
        _ bytes: [UInt8], to path: String, mode: UInt32, _ place: (String) throws(Failure) -> Void
    ) throws(Failure) {
        removeAbandoned(beside: path)
        let draft = try makeBeside(path, mode: mode)
        // Until the file has its name: the lock says that somebody is at it.
        defer { close(draft.descriptor) }
        do throws(Failure) {
            try fill(draft.descriptor, with: bytes, mode: mode, path: path)
            try place(draft.path)
        } catch {
            unlink(draft.path)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Removes the drafts of `path`, and of files that are named after it as `path.more`, whose makers were killed; they may hold
    /// a secret. Never one that is being written.
    static func removeAbandoned(beside path: String) {
        let directory = directory(of: path)
        let prefix = path.split(separator: "/", omittingEmptySubsequences: false).last.map { $0 + "." } ?? ""
        for name in Files.names(in: directory) where isDraft(name, prefix) {
            whileNobodyWrites(directory + name) { status in
                if status.st_uid == geteuid() { unlink(directory + name) }
            }
        }
    }

    /// The drafts of any file in a directory whose makers were killed. Of those that the caller may not read, nobody can tell.
    ///
    /// Looks only at what is older than a minute: a look would keep a maker from locking what it has just made.
    static func abandoned(in directory: String, at now: Int) -> [String] {
        Files.names(in: directory).filter { isDraft($0, "") }.map { directory + "/" + $0 }.filter { path in
            guard let status = FileStatus(at: path), status.changedAt < now - 60 else { return false }
            var isAbandoned = false
            whileNobodyWrites(path) { _ in isAbandoned = true }
            return isAbandoned
        }
    }

    /// Calls `body` where `path` is a regular file that no maker holds, and keeps others from it meanwhile.
    private static func whileNobodyWrites(_ path: String, _ body: (stat) -> Void) {
        // O_NONBLOCK: what has such a name may be a pipe.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else { return }
        body(status)
    }

    private static func isDraft(_ name: String, _ prefix: String) -> Bool {
        guard name.hasPrefix(prefix), name.hasSuffix(".tmp") else { return false }
        let digits = name.dropLast(4).suffix(13)
        let before = name.dropLast(4 + 13)
        return before.count >= prefix.count && before.hasSuffix(".")
            && digits.utf8.count == 13
            && digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }

    /// With the slash at its end.
    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
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

    /// A new file of a random name in the same directory, because `rename` is atomic only within a file system; locked.
    private static func makeBeside(_ path: String, mode: UInt32) throws(Failure) -> (path: String, descriptor: CInt) {
        for _ in 0..<16 {
            let digits = String(UInt64.random(in: .min ... .max), radix: 36)
            let draft = "\(path).\(String(repeating: "0", count: 13 - digits.count))\(digits).tmp"
            let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            if descriptor >= 0 {
                // Somebody who tidies up may have been quicker than the lock.
                if hold(descriptor) { return (draft, descriptor) }
                close(descriptor)
                continue
            }
            guard errno == EEXIST else { break }
        }
        throw failure(
            errno == EACCES || errno == EPERM || errno == EROFS ? .notPermitted : .cannotCreate, "cannot write", path)
    }

    private static func hold(_ descriptor: CInt) -> Bool {
        // A file system without such locks has nobody who tidies up.
        let isHeld = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        var status = stat()
        return isHeld && fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    private static func fill(_ descriptor: CInt, with bytes: [UInt8], mode: UInt32, path: String) throws(Failure) {
        var written = 0
        var isWhole = fchmod(descriptor, mode) == 0
        while isWhole, written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { isWhole = false }
        }
        guard isWhole, fsync(descriptor) == 0 else { throw failure(.io, "cannot write", path) }
    }

    /// Makes a name that was given or taken in the directory of `path` durable.
    static func syncDirectory(of path: String) throws(Failure) {
        let descriptor = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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
