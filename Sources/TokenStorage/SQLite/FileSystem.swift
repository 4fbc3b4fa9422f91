internal import CSQLite
internal import Glibc

/// The file system that a path is on.
package struct FileSystem {
    /// Bytes that an ordinary user may still write, and all there are.
    package let free: Int
    package let total: Int
    package let reach: Reach

    /// Where its files are, as far as its kind tells. SQLite's log needs memory that processes share: there is none over a network.
    package enum Reach: Equatable, Sendable {
        case local
        /// A network file system, by name.
        case network(String)
        /// FUSE: a program answers for it, which may read a local disk (encfs, ntfs-3g) or a network (sshfs, gluster, s3fs).
        case anywhere
    }

    package init?(at path: String) {
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return nil }
        free = Int(clamping: room.f_bavail) * Int(clamping: room.f_frsize)
        total = Int(clamping: room.f_blocks) * Int(clamping: room.f_frsize)
        reach = Self.reach(ofKind: csqlite_file_system(path))
    }

    /// By the numbers of statfs(2).
    package static func reach(ofKind kind: UInt32) -> Reach {
        if let name = networks[kind] { return .network(name) }
        return kind == fuse ? .anywhere : .local
    }

    private static let fuse: UInt32 = 0x6573_5546

    private static let networks: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x0102_1997: "9P", 0x00C3_6400: "Ceph",
        0x5346_414F: "AFS", 0x7363_6673: "Coda", 0x6B41_4653: "AFS", 0x0BD0_0BD0: "Lustre",
    ]
}
