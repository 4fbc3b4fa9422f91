internal import TokenStorage

extension HealthCheck {
    static let fileChecks: [HealthCheck] = [
        .files("file_permissions") { files in
            let shared = FileStatus(at: files.directory, followingLinks: true).map {
                $0.mode == 0o2770 ? $0.group : nil
            }
            let faults = files.present.map { path, status in
                permissions(of: path, status, sharedWith: shared ?? nil, reader: files.access.reader)
            }
            return .worst(of: faults, otherwise: .ok("only the owner and those who share it may read the database"))
        },
        .files("directory_permissions") { files in
            guard let status = FileStatus(at: files.directory, followingLinks: true) else {
                return .unknown("cannot look at the directory \(files.directory)")
            }
            let faults = [
                directoryPermissions(files.directory, status, of: files),
                files.access.fault(above: files.directory, to: "the database"),
            ]
            return .worst(of: faults.compactMap { $0 }, otherwise: .ok("nobody else may replace the database"))
        },
        .files("master_key") { files in
            let keys = files.masterKeys
            if let open = keys.first(where: { $0.status.mode & 0o077 != 0 }) {
                return .critical(
                    "the master key \(open.path) is \(open.status.modeText): others may read it",
                    hint: "chmod 600 it, and consider what read it meanwhile: 'tokenctl key rewrap'")
            }
            if let strange = keys.first(where: { !files.access.isTrusted($0.status.owner) }) {
                return .warning(
                    "the master key \(strange.path) belongs to another user (uid \(strange.status.owner))",
                    hint: "run as its owner; if it should be yours, chown it, and 'tokenctl key rewrap'")
            }
            guard let key = keys.first else {
                return .ok("no master key within reach: fine where nothing is signed, \(purpose)")
            }
            return .ok("\(key.path) is for its owner alone")
        },
        .files("drafts") { files in
            let drafts = files.abandonedDrafts
            guard let first = drafts.first else { return .ok("no killed program has left a draft") }
            let others = drafts.count > 1 ? " and \((drafts.count - 1).counted("other draft"))" : ""
            return .warning(
                "a program that was killed left \(first)\(others)",
                hint: "it may hold secrets, and nobody needs it any more: rm -r it")
        },
        .files("write_ahead_log") { files in
            let size = Finding.Measure.bytes("wal_bytes", files.walBytes, warning: walLimits.0, critical: walLimits.1)
            let said = "the write-ahead log has \(files.walBytes.binaryText)"
            guard files.walBytes > walLimits.0 else { return .ok(said, size) }
            let hint =
                "a reader holds it open, or a program does not checkpoint: end it, and the next commit shortens it"
            return files.walBytes > walLimits.1 ? .critical(said, hint: hint, size) : .warning(said, hint: hint, size)
        },
        .files("disk_space") { files in
            guard let system = FileSystem(at: files.directory) else {
                return .unknown("cannot ask the file system of \(files.directory)")
            }
            return diskSpace(free: system.free, total: system.total)
        },
        .files("file_system") { files in
            fileSystem(FileSystem(at: files.directory)?.reach, of: files.directory)
        },
    ]

    private static let purpose = "needed to issue tokens, to rotate and to sign exports"

    /// Beyond these the log is large, and far too large. Commits try to shorten it from 4 MiB on.
    private static let walLimits = (64 << 20, 1 << 30)

    private static func permissions(
        of path: String, _ status: FileStatus, sharedWith group: UInt32?, reader: UInt32
    ) -> Finding {
        guard !status.isLink else { return .critical("\(path) is a link", hint: "put the file itself there") }
        guard status.mode & 0o007 == 0 else {
            return .critical("\(path) is \(status.modeText): others may open it", hint: "chmod 600 it")
        }
        guard status.mode & 0o070 == 0 || status.group == group else {
            return .warning(
                "\(path) is \(status.modeText): its group may open it, and the directory is not shared with that group",
                hint: "chmod 600 it, or share the store as 'init --group' does")
        }
        guard status.owner == reader || group != nil else {
            return .warning("\(path) belongs to another user (uid \(status.owner))", hint: "run as its owner")
        }
        return .ok("")
    }

    /// Of the directory itself, where more is asked of than of those above it: SQLite's files lie in it too.
    private static func directoryPermissions(
        _ path: String, _ status: FileStatus, of files: StoreFiles
    ) -> Finding? {
        if status.mode & 0o1002 == 0o1002 {
            return .warning(
                "anyone may lay files beside the database: \(path) is \(status.modeText)",
                hint: "keep the store in a directory of its own")
        }
        let isShared = status.mode == 0o2770 && FileStatus(at: files.path)?.group == status.group
        if status.mode & 0o022 == 0o020, !isShared {
            return .warning(
                "the group of \(path) may replace the database: it is \(status.modeText)",
                hint: "chmod 700 it, or share the store as 'init --group' does")
        }
        return isShared ? nil : files.access.fault(of: path, status, to: "the database")
    }

    static func fileSystem(_ reach: FileSystem.Reach?, of directory: String) -> Finding {
        switch reach {
        case .local: .ok("a local file system")
        case .network(let name):
            .critical(
                "\(directory) is on a network file system (\(name)), where SQLite cannot keep processes apart",
                hint: "move the store to a local disk")
        case .anywhere:
            .unknown(
                "\(directory) is on a FUSE file system, which may be on a network; its kind does not tell",
                hint:
                    "if it is (sshfs, gluster, s3fs), SQLite cannot keep processes apart: move the store to a local disk"
            )
        case nil: .unknown("cannot ask the file system of \(directory)")
        }
    }

    /// Judged by what a busy day and a cleanup's log may need, and by the share that most monitoring uses.
    static func diskSpace(free: Int, total: Int) -> Finding {
        let warning = min(total / 20, 1 << 30)
        let critical = min(total / 100, 128 << 20)
        let size = Finding.Measure.bytes(
            "disk_free_bytes", free, warning: warning, critical: critical, isFloor: true)
        let said = "\(free.binaryText) free of \(total.binaryText)"
        guard free < warning else { return .ok(said, size) }
        let hint = "make room: with a full disk nobody logs in, and nothing can be revoked"
        return free < critical ? .critical(said, hint: hint, size) : .warning(said, hint: hint, size)
    }
}

extension Int {
    /// Bytes in the largest unit of 1024 that leaves a whole number above one, rounded down: `12 MiB`.
    var binaryText: String {
        var value = self
        var unit = 0
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        while value >= 10 * 1024 || (value >= 1024 && value % 1024 == 0), unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(value.grouped) \(units[unit])"
    }
}
