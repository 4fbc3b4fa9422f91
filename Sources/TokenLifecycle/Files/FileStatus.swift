internal import Glibc

/// What the file system says of a name. A link is followed only where asked to.
struct FileStatus {
    private let status: stat

    /// Nil where nothing has this name, or nobody may look.
    init?(at path: String, followingLinks: Bool = false) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.status = status
    }

    /// Permission bits, with sticky, set-group and set-user.
    var mode: UInt32 { status.st_mode & 0o7777 }
    var owner: UInt32 { status.st_uid }
    var group: UInt32 { status.st_gid }
    var bytes: Int { Int(status.st_size) }
    /// When its content changed last, in Unix seconds by the clock of the system.
    var changedAt: Int { status.st_mtim.tv_sec }
    var isLink: Bool { status.st_mode & S_IFMT == S_IFLNK }

    /// What tells that a name stands for other content than before.
    struct Stamp: Equatable {
        fileprivate let device: dev_t
        fileprivate let inode: ino_t
        fileprivate let bytes: off_t
        fileprivate let seconds: Int
        fileprivate let nanoseconds: Int
    }

    var stamp: Stamp {
        Stamp(
            device: status.st_dev, inode: status.st_ino, bytes: status.st_size, seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    /// As `ls -l` and `chmod` say it: `0640`.
    var modeText: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static var effectiveUser: UInt32 { geteuid() }
}
