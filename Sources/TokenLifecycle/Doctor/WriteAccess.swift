internal import Glibc

/// Who can put another file in the place of one that is relied on, besides those who may: root, and whoever asks.
///
/// That takes no right to the file itself. Whoever may write the directory that it is in, or one further up, names another.
struct WriteAccess {
    /// The user who asks, by uid, and their group. Tests ask as somebody else.
    var reader = FileStatus.effectiveUser
    var group = getegid()
    /// Whoever owns `/` is root, also seen from a user namespace that has no name for root.
    private let root = FileStatus(at: "/")?.owner ?? 0

    func isTrusted(_ owner: UInt32) -> Bool { [0, root, reader].contains(owner) }

    /// Whether a directory is shared on purpose, as `init --group` does it: its members are trusted like the owner.
    static func isShared(_ directory: FileStatus) -> Bool { directory.mode & 0o2070 == 0o2070 }

    /// What the directories above `directory` let others do, the gravest first; nil where they let them do nothing.
    func fault(above directory: String, to file: String) -> Finding? {
        let faults = Files.folders(above: directory).compactMap { folder -> Finding? in
            guard let status = FileStatus(at: folder, followingLinks: true) else { return nil }
            return fault(of: folder, status, to: "\(file), below it")
        }
        let worst = Finding.worst(of: faults, otherwise: .ok(""))
        return worst.answer > .ok ? worst : nil
    }

    /// What one directory lets others do to a file of ours in it. In a sticky one, files of ours stay where they are.
    func fault(of directory: String, _ status: FileStatus, to file: String) -> Finding? {
        let isSticky = status.mode & 0o1000 != 0
        if status.mode & 0o002 != 0, !isSticky {
            return .critical("anyone may replace \(file): \(directory) is \(status.modeText)", hint: "chmod o-w it")
        }
        // A group that is the reader's own, as most have one of their name, is nobody else.
        if status.mode & 0o020 != 0, !isSticky, !Self.isShared(status), ![0, group].contains(status.group) {
            return .warning(
                "the group of \(directory) may replace \(file): it is \(status.modeText)", hint: "chmod g-w it")
        }
        guard !isTrusted(status.owner) else { return nil }
        return .warning(
            "uid \(status.owner) may replace \(file): \(directory) is theirs",
            hint: "run as its owner, or chown it to who does")
    }
}
