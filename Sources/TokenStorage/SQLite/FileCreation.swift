internal import Glibc

extension DatabaseFile {
    /// Throws unless a database may be made here: nothing has the name, and nothing is left of another's.
    func requireUnused() throws(StorageError) {
        try requireNoName()
        for remains in names.dropFirst() where Self.status(of: remains) != nil {
            // Of one that was made this very moment, perhaps.
            try requireNoName()
            throw StorageError(
                .cannotCreate, "\(remains) is left of another database",
                hint: "move it away together with the database it belongs to")
        }
    }

    private func requireNoName() throws(StorageError) {
        guard Self.status(of: path) == nil else { throw creationError(EEXIST) }
    }

    /// Creates the empty file: mode 0600, or 0660 for a group, whatever the umask.
    ///
    /// Never through a link, never over anything. Its descriptor is closed before SQLite opens the file.
    func create(sharedWith group: gid_t?) throws(StorageError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw creationError(errno) }
        let code = grant(descriptor, to: group)
        close(descriptor)
        guard code == 0 else {
            throw StorageError(.cannotCreate, "cannot set the mode of \(path): \(Self.text(of: code))")
        }
    }

    /// Returns 0 or `errno`.
    private func grant(_ descriptor: Int32, to owner: gid_t?) -> Int32 {
        if let owner, fchown(descriptor, uid_t.max, owner) != 0 { return errno }
        return fchmod(descriptor, owner == nil ? 0o600 : 0o660) == 0 ? 0 : errno
    }

    /// The group's id, when the directory is fit for sharing with it: 2770, so that the files SQLite makes beside the
    /// database belong to the group too, and nobody else can put one there.
    func sharedDirectoryOwner(_ group: String) throws(StorageError) -> gid_t {
        guard let owner = Self.groupID(group) else {
            throw StorageError(.cannotCreate, "there is no group \(group)")
        }
        // Not lstat: directories may be links.
        var status = stat()
        guard stat(directory, &status) == 0 else { throw creationError(errno) }
        guard status.st_gid == owner, status.st_mode & 0o7777 == 0o2770 else {
            throw StorageError(
                .cannotCreate, "the directory \(directory) is not shared with the group \(group) alone",
                hint: "chgrp \(group) the directory and chmod 2770 it, then try again")
        }
        return owner
    }

    private static func groupID(_ name: String) -> gid_t? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        // Some groups list thousands of members; a group that does not fit is tried again with more room.
        var room = 16 << 10
        while room <= 16 << 20 {
            var buffer = [CChar](repeating: 0, count: room)
            let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            if code != ERANGE { return code == 0 && found != nil ? entry.gr_gid : nil }
            room *= 4
        }
        return nil
    }

    func creationError(_ code: Int32) -> StorageError {
        switch code {
        case EEXIST, ELOOP:
            StorageError(.exists, "\(path) exists already")
        case ENOENT, ENOTDIR:
            StorageError(.cannotCreate, "there is no directory \(directory)", hint: "make it first, mode 0700")
        case EACCES, EPERM, EROFS:
            StorageError(.cannotCreate, "no permission to create \(path)")
        default:
            StorageError(.cannotCreate, "cannot create \(path): \(Self.text(of: code))")
        }
    }
}
