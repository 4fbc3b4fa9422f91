internal import Glibc

/// A database that is to take the place of another: made in a draft beside it, like a new one, so that two at once take turns
/// and one that was killed leaves nothing that anybody could take for a database.
package final class DatabaseReplacement {
    private let target: DatabaseFile
    private let draft: DatabaseDraft

    /// Where it is made; in a directory that only its owner may enter.
    package var path: String { draft.file.path }

    /// Throws `busy` while somebody else makes or restores the same database, `cannotCreate`.
    package init(for path: String) throws(StorageError) {
        target = try DatabaseFile(path)
        draft = try DatabaseDraft.begin(for: target, replacing: true, patience: .seconds(10))
    }

    /// Makes it a copy of `database`.
    ///
    /// Throws `cannotCreate`, `full`, `io`, `corrupt`, `interrupted`.
    package func take(_ database: Database) throws {
        try draft.file.create(sharedWith: nil)
        try database.copy(onto: draft.file.path) { _, _ in }
    }

    /// Copies `database` into a new file named `path`, which it is called once it is whole and durable.
    ///
    /// Throws `exists`, `cannotCreate`, `full`, `io`, `corrupt`, `interrupted`.
    package func keep(_ database: Database, as path: String) throws {
        let kept = try DatabaseFile(path)
        try draft.kept.create(sharedWith: nil)
        defer { unlink(draft.kept.path) }
        try database.copy(onto: draft.kept.path) { _, _ in }
        guard link(draft.kept.path, kept.path) == 0 else { throw kept.creationError(errno) }
        try kept.syncDirectory()
    }

    /// Gives what was made the name of the database; whatever had it, with its log, is called `old` from then on.
    ///
    /// Killed in between, the old one is there under both names, or the place is empty and every opening fails with `absent`;
    /// what was made is never found beside the log of another. It belongs to whom the old one belonged to, where this process
    /// may give it away, and is shared as that was.
    package func place(keepingOldAs old: String) throws(StorageError) {
        guard draft.file.namesBeside.isEmpty else {
            throw StorageError(.io, "the restored database could not be closed")
        }
        inheritOwner()
        // Shared memory is made anew from the log; an empty log is none.
        let remains = ["", "-wal", "-journal"].filter {
            DatabaseFile.status(of: target.path + $0).map { $0.st_size > 0 } ?? false
        }
        for suffix in remains {
            guard link(target.path + suffix, old + suffix) == 0 else {
                throw try DatabaseFile(old + suffix).creationError(errno)
            }
        }
        if !remains.isEmpty { try target.syncDirectory() }
        // The file goes first: without it nobody reads its log, and with it nobody could be left without one.
        for name in target.names { unlink(name) }
        try target.syncDirectory()
        try draft.place()
    }

    /// Removes what is left of the draft, and lets the next one in.
    package func end() { draft.end() }

    private func inheritOwner() {
        guard let old = DatabaseFile.status(of: target.path), old.st_mode & S_IFMT == S_IFREG else { return }
        _ = chown(draft.file.path, geteuid() == 0 ? old.st_uid : uid_t.max, old.st_gid)
        _ = chmod(draft.file.path, old.st_mode & 0o660 | 0o600)
    }
}
