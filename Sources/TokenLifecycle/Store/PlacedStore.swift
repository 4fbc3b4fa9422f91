internal import Glibc
internal import Synchronization
internal import TokenStorage

/// A store that stays open for long: the one that its path names, opened anew when another file lies there, as after a restore.
///
/// The connection of before would go on with a file that nobody finds again: logins would be lost in it, and what was revoked
/// in the new one never be seen.
final class PlacedStore: Sendable {
    private struct Opened {
        var store: Store
        var file: PlacedFile
    }

    private enum State {
        case open(Opened)
        /// Another file was there, or none, and opening that has not succeeded yet.
        case away
        case closed
    }

    private let path: String
    private let open: @Sendable (PlacedFile) throws -> Store
    /// Held while the store is used: one connection, one user at a time.
    private let state = Mutex(State.away)

    /// Opens nothing yet. `open` opens what is at `path`.
    init(at path: String, _ open: @escaping @Sendable (PlacedFile) throws -> Store) {
        self.path = Files.absolute(path)
        self.open = open
    }

    /// Runs `body` on the store that is there now; `isNew` where it was not open before.
    ///
    /// Fails with `.absent` while nothing is there, and with whatever opening fails with.
    func use<Value>(_ body: (Store, _ isNew: Bool) throws -> Value) throws -> Value {
        try state.withLock { state in
            let (opened, isNew) = try current(&state)
            return try body(opened.store, isNew)
        }
    }

    /// The same for what writes. Fails with `.busy` where another file took the place meanwhile: what was written is not in that.
    func write<Value>(_ body: (Store) throws -> Value) throws -> Value {
        try state.withLock { state in
            let (opened, _) = try current(&state)
            let value = try body(opened.store)
            guard (try? PlacedFile(at: path)) == opened.file else {
                throw Failure(
                    .busy, "the database \(path) was replaced while this was written to the one before",
                    hint: "try again")
            }
            return value
        }
    }

    /// Closes for good: any later use throws.
    func close() throws {
        try state.withLock { state in
            defer { state = .closed }
            if case .open(let opened) = state { try opened.store.close() }
        }
    }

    private func current(_ state: inout State) throws -> (Opened, isNew: Bool) {
        if case .closed = state { throw Failure(.bug, "the store is closed") }
        let file = try PlacedFile(at: path)
        if case .open(let opened) = state {
            if opened.file == file { return (opened, false) }
            state = .away
            // Whatever goes wrong with a file that is gone is of no more use to anyone. SQLite leaves alone what lies beside
            // the other one.
            try? opened.store.close()
        }
        let opened = Opened(store: try open(file), file: file)
        state = .open(opened)
        return (opened, true)
    }
}

/// Which file a name stands for.
struct PlacedFile: Equatable, Sendable {
    private var device: dev_t
    private var inode: ino_t

    init(at path: String) throws(Failure) {
        var status = stat()
        // Never opened for this: closing it would drop the locks of every connection of the process.
        guard lstat(path, &status) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw Failure(.absent, "there is no database at \(path)")
            case EACCES: throw Failure(.notPermitted, "no permission to look at \(path)")
            default: throw Failure(.io, "cannot look at \(path): \(systemReason())")
            }
        }
        device = status.st_dev
        inode = status.st_ino
    }
}
