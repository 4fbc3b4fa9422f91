internal import Glibc

/// Which file a connection found at its path, and in what shape: for whoever keeps it open while others may replace it.
package struct DatabaseMark: Equatable, Sendable {
    fileprivate var device: dev_t
    fileprivate var inode: ino_t
    /// `PRAGMA user_version`, the number of steps taken.
    fileprivate var steps: Int
    /// `PRAGMA schema_version`: any change of the schema counts it up.
    fileprivate var schema: Int
}

extension Database {
    /// What has become of the file since it was marked.
    package enum Fate: Sendable {
        case same
        /// No file has its name any more.
        case gone
        /// Another file has its name: what is written here goes into one that nobody will find again.
        case replaced
        /// Steps were taken.
        case migrated
        /// Something else that only opening it anew looks at.
        case touched
    }

    package func mark() throws -> DatabaseMark {
        guard let status = DatabaseFile.status(of: path) else {
            throw StorageError(.absent, "there is no database at \(path)")
        }
        let (steps, schema) = try read { sql in
            (
                try sql.value("PRAGMA user_version", as: Int.self) ?? 0,
                try sql.value("PRAGMA schema_version", as: Int.self) ?? 0
            )
        }
        return DatabaseMark(device: status.st_dev, inode: status.st_ino, steps: steps, schema: schema)
    }

    /// Takes a lock for as long as two numbers are read, and none when the file is another.
    package func fate(of mark: DatabaseMark) -> Fate {
        guard let status = DatabaseFile.status(of: path) else { return .gone }
        guard status.st_dev == mark.device, status.st_ino == mark.inode else { return .replaced }
        guard let now = try? self.mark() else { return .touched }
        if now.steps != mark.steps { return .migrated }
        return now.schema == mark.schema ? .same : .touched
    }
}
