internal import Glibc

/// The directory `<path>.new` in which a database is made, beside the place it is for and on the same file system.
///
/// Nothing half made ever has the name of the database: the finished file gets it by link(2), which takes the name from
/// nobody. Whoever makes one holds a lock on the directory (flock(2), which ends with the process). So of several who want
/// the same one, the first makes it and the others find it made; and a directory that nobody holds was left by someone who
/// was killed.
final class DatabaseDraft {
    /// The database while it is made.
    let file: DatabaseFile
    /// A copy of the one that makes way, until it is whole.
    let kept: DatabaseFile
    private let target: DatabaseFile
    private let directory: String
    /// Of the directory; the lock lasts as long as it is open.
    private let descriptor: Int32

    private init(_ target: DatabaseFile, _ directory: String, _ descriptor: Int32) throws(StorageError) {
        self.target = target
        self.directory = directory
        self.descriptor = descriptor
        file = try DatabaseFile(directory + "/database")
        kept = try DatabaseFile(directory + "/kept")
    }

    /// Takes the place where `target` is to be made, once whoever holds it has ended.
    ///
    /// Throws `exists` where it is made by then, unless it is there to be replaced; `busy` when they take longer than
    /// `patience`; `cannotCreate`.
    static func begin(
        for target: DatabaseFile, replacing: Bool = false, patience: Duration
    ) throws(StorageError) -> DatabaseDraft {
        let directory = Self.directory(for: target)
        let deadline = ContinuousClock.now + patience
        while true {
            if !replacing { try target.requireUnused() }
            if mkdir(directory, 0o700) == 0 {
                // Whatever the umask took: who may not enter it could not go on.
                chmod(directory, 0o700)
            } else if errno != EEXIST {
                throw target.creationError(errno)
            }
            if let descriptor = try hold(directory, for: target) {
                let draft = try DatabaseDraft(target, directory, descriptor)
                // Its last holder may just have finished.
                do {
                    if !replacing { try target.requireUnused() }
                } catch {
                    draft.end()
                    throw error
                }
                draft.empty()
                return draft
            }
            guard ContinuousClock.now < deadline else {
                throw StorageError(.busy, "\(target.path) is being made by somebody else", hint: "try again")
            }
            usleep(20_000)
        }
    }

    /// Removes what a killed maker left; nothing where there is none, or somebody is at it.
    static func removeAbandoned(for target: DatabaseFile) {
        let directory = Self.directory(for: target)
        guard DatabaseFile.status(of: directory) != nil,
            let descriptor = try? hold(directory, for: target),
            let draft = try? DatabaseDraft(target, directory, descriptor)
        else { return }
        draft.end()
    }

    /// Whether a directory is there in which a maker was killed, longer ago than a minute: a look keeps others from it meanwhile.
    static func isAbandoned(for target: DatabaseFile, at now: Int) -> Bool {
        let directory = Self.directory(for: target)
        guard let status = DatabaseFile.status(of: directory), status.st_mtim.tv_sec < now - 60,
            let descriptor = try? hold(directory, for: target)
        else { return false }
        close(descriptor)
        return true
    }

    /// Gives the finished database its name, durably. Throws `exists` where something has got it first.
    func place() throws(StorageError) {
        guard link(file.path, target.path) == 0 else { throw target.creationError(errno) }
        unlink(file.path)
        try target.syncDirectory()
    }

    /// Removes what is left of the draft, and lets the next one in.
    func end() {
        empty()
        rmdir(directory)
        close(descriptor)
    }

    private func empty() {
        for name in file.names + kept.names { unlink(name) }
    }

    static func directory(for target: DatabaseFile) -> String { target.path + ".new" }

    /// The locked descriptor of the directory; nil while somebody else holds it, or where it has just gone.
    private static func hold(_ directory: String, for target: DatabaseFile) throws(StorageError) -> Int32? {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw inTheWay(directory)
        }
        // A file system without such locks has nobody else who could hold one.
        let isHeld = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        var status = stat()
        guard isHeld, fstat(descriptor, &status) == 0, status.st_nlink > 0 else {
            close(descriptor)
            return nil
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            close(descriptor)
            throw inTheWay(directory)
        }
        return descriptor
    }

    private static func inTheWay(_ directory: String) -> StorageError {
        StorageError(
            .cannotCreate, "\(directory) is in the way: the database is made there",
            hint: "it is not of this program: move it away")
    }
}
