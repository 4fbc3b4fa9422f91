internal import Glibc
internal import Synchronization
internal import TokenStorage

/// A token store, for applications: log in, check a session token, refresh, log out, verify.
///
///     let store = try await TokenStore.open(at: "/var/lib/app/tokens.db", masterKeyFile: "/etc/app/master.key")
///     let login = try await store.logIn(LoginRequest(user: "alice", client: "web"))
///     // … give login.cookie to the browser; at its next request:
///     switch try await store.checkSession(token) {
///     case .active(let session): …
///     case .inactive(let reason): …
///     }
///
/// The store is made by `tokenctl init`, and operators use `tokenctl` on the same file while the application runs, also
/// `backup restore`: another file in its place is opened in its stead. Safe to use from any number of tasks: one connection
/// writes, a few read, and no call blocks a cooperative thread. What is refused is an answer; errors are `Failure`s, and say
/// that the store could not decide.
public final class TokenStore: Sendable {
    /// How a store is opened. All of it has a standard.
    public struct Options: Sendable {
        /// Connections that read beside the one that writes; at least 1.
        public var readers = 2
        /// Operations that may wait for one connection before the next is refused as `.busy`.
        public var maxWaiting = 1024
        /// How long a write waits for another process, such as an operator's.
        public var lockTimeout: Duration = .seconds(5)
        /// Who is recorded as acting; the OS user id is recorded beside it.
        public var actor = "application"
        /// Where time comes from; another one only in tests.
        public var clock = Clock.system

        /// The standards.
        public init() {}
    }

    let options: Options
    let actor: Actor
    private let writer: PlacedStore
    private let writing: Lane
    private let readers: [(store: PlacedStore, lane: Lane)]

    private init(_ writer: PlacedStore, _ readers: [PlacedStore], _ options: Options) {
        self.options = options
        self.writer = writer
        actor = Actor(name: options.actor, uid: Int64(getuid()))
        writing = Lane("writer", limit: options.maxWaiting)
        self.readers = readers.map { ($0, Lane("reader", limit: options.maxWaiting)) }
    }

    /// Opens a store that `tokenctl init` made.
    ///
    /// Throws `.absent` where there is none, `.malformed` for a file that is none, `.configuration` for one of another
    /// schema, `.notPermitted`, `.untrusted`. The master key is read when something is first signed.
    public static func open(at path: String, masterKeyFile: String, options: Options = Options()) async throws
        -> TokenStore
    {
        guard options.readers > 0, options.maxWaiting > 0 else {
            throw Failure(.usage, "a store needs a reader and room for an operation to wait")
        }
        return try await Lane("open", limit: 1).run {
            let keyrings = Keyrings(at: path, masterKeyFile: masterKeyFile)
            func connection(readOnly: Bool) throws -> PlacedStore {
                let connection = PlacedStore(at: path) { file in
                    var ways = Database.Options()
                    ways.lockTimeout = options.lockTimeout
                    ways.readOnly = readOnly
                    return try Store.open(
                        at: path, options: ways, clock: options.clock, keyring: keyrings.keyring(of: file),
                        waitsForCutOffs: readOnly)
                }
                try connection.use { _, _ in }
                return connection
            }
            let writer = try connection(readOnly: false)
            return TokenStore(
                writer, try (0..<options.readers).map { _ in try connection(readOnly: true) }, options)
        }
    }

    /// Waits for what has begun, and closes. Any later call throws.
    public func close() async throws {
        for (store, lane) in readers { try await lane.run { try store.close() } }
        let writer = writer
        try await writing.run { try writer.close() }
    }

    /// One snapshot, on the reader with the least to do.
    func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value {
        guard let (store, lane) = readers.min(by: { $0.lane.load < $1.lane.load }) else {
            throw Failure(.bug, "a store without readers")
        }
        return try await lane.run { try store.use { store, _ in try store.read(body) } }
    }

    /// One transaction or several, on the connection that writes.
    ///
    /// Where a token would be issued in the second of a cut-off that matches it, the task waits for the next second
    /// without keeping other writers from theirs.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Store, Actor) throws -> Value) async throws -> Value {
        let (writer, actor) = (writer, actor)
        var awaited: CutOffPending?
        for _ in 0..<3 {
            do {
                return try await writing.run { [awaited] in
                    try writer.write { store in
                        if let awaited { store.hasAwaited(awaited) }
                        return try body(store, actor)
                    }
                }
            } catch let wait as CutOffPending {
                try await Task.sleep(for: wait.remaining(at: options.clock.now()))
                awaited = wait
            }
        }
        throw CutOffPending.outwaited
    }
}

/// One keyring for all connections to a file, so that a verifier made by one reader serves them all. Another file gets another:
/// what was held of a store that was altered must not speak for the one that took its place.
private final class Keyrings: Sendable {
    private let path: String
    private let masterKeyFile: String
    private let newest = Mutex<(file: PlacedFile, keyring: Keyring)?>(nil)

    init(at path: String, masterKeyFile: String) {
        self.path = Files.absolute(path)
        self.masterKeyFile = masterKeyFile
    }

    func keyring(of file: PlacedFile) -> Keyring {
        newest.withLock { newest in
            if let newest, newest.file == file { return newest.keyring }
            let source = MasterKeySource(places: [.init(path: masterKeyFile, isNamed: true)])
            let made = Keyring(source: source, of: path)
            newest = (file, made)
            return made
        }
    }
}
