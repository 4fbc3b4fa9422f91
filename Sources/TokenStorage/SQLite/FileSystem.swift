internal import CSQLite
internal import Glibc

/// The file system that a path is on.
package struct FileSystem {
    /// Bytes that an ordinary user may still write, and all there are.
    package let free: Int
    package let total: Int
    private let kind: UInt32

    package init?(at path: String) {
        var room = statvfs()
        guard statvfs(path, &room) == 0 else { return nil }
        free = Int(clamping: room.f_bavail) * Int(clamping: room.f_frsize)
        total = Int(clamping: room.f_blocks) * Int(clamping: room.f_frsize)
        kind = csqlite_file_system(path)
    }

    /// The name of a network file system (statfs(2)), where it is one: SQLite's log needs memory that processes share.
    package var networkName: String? { Self.networks[kind] }

    private static let networks: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x0102_1997: "9P", 0x00C3_6400: "Ceph",
        0x5346_414F: "AFS", 0x7363_6673: "Coda", 0x6B41_4653: "AFS", 0x0BD0_0BD0: "Lustre",
    ]
}
